"""``python -m billing_kernel.documents FOLDER`` writes sample invoices there, in every form."""

import sys
from pathlib import Path

from billing_kernel.documents import render_e_invoice, render_html, render_pdf, why_no_e_invoice
from billing_kernel.documents.samples import samples


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in samples().items():
        (folder / f"{name}.html").write_bytes(render_html(document))
        (folder / f"{name}.pdf").write_bytes(render_pdf(document))
        if not why_no_e_invoice(document):
            (folder / f"{name}.xml").write_bytes(render_e_invoice(document))
    sys.stdout.write(f"sample invoices are in {folder}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/invoices"))
