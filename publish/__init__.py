"""How results become pictures, pages, a PDF and an archive."""

import claims as claims  # refuses another project's lib
