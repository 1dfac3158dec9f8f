"""Names set as glyphs: found, shaped, broken into lines, and kept so that they can be drawn without their typefaces."""
