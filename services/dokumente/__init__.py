"""Documents: produced by processes as tagged PDF, or uploaded; stored with the case, every version kept.

``vorlagen`` reads the templates, ``inhalte`` collects what a template sees, ``erzeugen`` asks for a version, ``rendern`` makes its file
after the commit, ``ablegen`` stores an uploaded file, ``lesen`` lists and hands out.
"""
