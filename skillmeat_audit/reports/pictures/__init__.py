"""Pictures for pages and notebooks alike: SVG without a library, equal for equal facts."""
