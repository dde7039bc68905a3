-- PDFs from before script was looked for are scanned once more; their owners see them meanwhile.
UPDATE core_file SET scan = 0, tries = 0 WHERE scan = 1 AND type = 'application/pdf'
