"""jsonschema, loaded without a part that takes three seconds: each module that validates shares it.

Where `rfc3987_syntax` is installed (JupyterLab brings it along), jsonschema builds 38 grammars with
it as soon as it is imported, for the formats `iri` and `iri-reference`: no schema of ours has them.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # an import of it fails, as where it is missing
import jsonschema  # noqa: E402

if sys.modules["rfc3987_syntax"] is None:
    del sys.modules["rfc3987_syntax"]

__all__ = ["jsonschema"]
