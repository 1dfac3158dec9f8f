"""What PDF readers show as the document's properties, in both forms that PDF has; and the hole for the signature."""

from __future__ import annotations

from datetime import UTC
from hashlib import md5
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from reportlab.pdfbase.pdfdoc import XMP

from prsync.certificates.genuine.signature import EMPTY_HOLE

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

    from prsync.certificates.facts import Facts

_XMP: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:prsync="https://prsync.invalid/certificate/1/"
 prsync:key="{fingerprint}" prsync:signature="{hole}">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
<dc:identifier>{number}</dc:identifier>
<pdf:Keywords>{number}</pdf:Keywords><pdf:Producer>ReportLab</pdf:Producer>
<xmp:CreatorTool>prsync</xmp:CreatorTool><xmp:CreateDate>{issued}</xmp:CreateDate><xmp:ModifyDate>{issued}</xmp:ModifyDate>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>
"""


def set_metadata(pdf: Canvas, facts: Facts, fingerprint: str) -> None:
    """Set the properties of a certificate that the key with that fingerprint will sign."""
    issued_at = facts.issued_at.astimezone(UTC)
    title = f"{facts.words.title} {facts.number}, {facts.feed}, {facts.words.month}"
    author = facts.issuer or "prsync"
    subject = f"{facts.words.trees} {facts.words.unit}"
    pdf.setTitle(title)
    pdf.setAuthor(author)
    pdf.setCreator("prsync")
    # Set here, because what reportlab says by default may change with a release, and with it the bytes.
    pdf.setProducer("ReportLab")
    pdf.setSubject(subject)
    # The number stands here in plain text, so that `verify` finds it in a file that another program has saved anew.
    pdf.setKeywords(facts.number)
    # reportlab's own date is the one of drawing, and a page drawn again must have the same bytes.
    pdf.setDateFormatter(lambda *_: f"D:{issued_at:%Y%m%d%H%M%S}Z")
    document = pdf._doc  # noqa: SLF001  # there is no public way to either of these
    # What reportlab makes the file's id from takes in SOURCE_DATE_EPOCH.
    document.signature = md5(facts.number.encode(), usedforsecurity=False)
    values = {"title": title, "author": author, "subject": subject, "number": facts.number}
    filled = _XMP.format(
        fingerprint=fingerprint,
        hole=EMPTY_HOLE,
        language=facts.language,
        issued=f"{issued_at:%Y-%m-%dT%H:%M:%SZ}",
        **{name: escape(text) for name, text in values.items()},
    )
    document.Catalog.Metadata = XMP(creator=lambda _: filled.encode())
