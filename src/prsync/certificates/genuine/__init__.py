"""How anybody can check a certificate: the issuer's key, the file's signature, the link in its QR code."""
