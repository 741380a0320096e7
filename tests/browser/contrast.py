"""Measures in the browser the contrast of text with its background."""

MIN_CONTRAST = 4.5  # to 1: what WCAG 2.2 requires of text at level AA

# A canvas converts colours of any notation to RGBA; backgrounds and opacities are composed from the
# page inwards.
_MEASURE = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const parts = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top, below) =>
    [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const linear = part => {
    const share = part / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const light = ([red, green, blue]) =>
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const ratio = element => {
    const layers = [];
    let opacity = 1;
    for (let each = element; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      layers.unshift(parts(style.backgroundColor));
      opacity *= style.opacity;
    }
    const behind = layers.reduce((below, top) => over(top, below), [255, 255, 255, 1]);
    const text = parts(getComputedStyle(element).color);
    text[3] *= opacity;
    const pair = [light(over(text, behind)), light(behind)].sort((one, other) => one - other);
    return (pair[1] + 0.05) / (pair[0] + 0.05);
  };
  const hasText = element => element.tagName !== "STYLE" && element.checkVisibility()
    && [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
  return [...document.querySelectorAll(".skillmeat-audit *")].filter(hasText)
    .map(element => [ratio(element), `${element.className} ${element.textContent}`.slice(0, 60)]);
}"""


def low_contrast_texts(page):
    """Return the texts of *page* with too little contrast; fail if it has no text."""
    measured = page.evaluate(_MEASURE)
    assert measured
    return [(ratio, text) for ratio, text in measured if ratio < MIN_CONTRAST]
