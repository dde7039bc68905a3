/* Builds everything the browser gets:  node web/build.mjs OUTDIR
   OUTDIR holds NAME.HASH.EXT with .gz and .br beside it, errors/CODE.html, and assets.h with
   the addresses for the core. The same sources give the same bytes; old files are removed. */
import { createHash } from "node:crypto";
import {
	existsSync,
	mkdirSync,
	readFileSync,
	readdirSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { sprite } from "./tools/icons.mjs";
import { styleSheet, TARGETS } from "./tools/css.mjs";
import { errorPages } from "./pages/errors.mjs";

const WEB = dirname(fileURLToPath(import.meta.url));
const MODULES = join(WEB, "node_modules");
const BASE = "/_s/"; /* where nginx serves OUTDIR; architecture and CSP know it too */
const LIMIT_JS = 40 * 1024;
const LIMIT_DRAG = 48 * 1024; /* asked for by the pages that drag, and by no other */
const LIMIT_CSS = 96 * 1024;
const FONTS = ["latin", "latin-ext", "vietnamese"];

function main(out) {
	const written = new Set();

	/* Writes one asset under its hashed name and says that name. */
	function asset(name, extension, content) {
		const bytes = Buffer.from(content);
		const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
		const file = `${name}.${hash}.${extension}`;
		put(file, bytes);
		if (extension !== "woff2") {
			put(`${file}.gz`, gzipSync(bytes, { level: 9 }));
			put(`${file}.br`, brotliCompressSync(bytes, brotli(bytes)));
		}
		return file;
	}

	/* An unchanged file keeps its time, so that make builds nothing anew for it. */
	function put(file, content) {
		const path = join(out, file);
		const bytes = Buffer.from(content);
		written.add(file);
		if (!existsSync(path) || !readFileSync(path).equals(bytes))
			writeFileSync(path, bytes);
	}

	/* Takes away what an earlier build left: only names this script gives. */
	function sweep() {
		const ours = /^[a-z-]+\.[0-9a-f]{10}\.(css|js|svg|woff2)(\.gz|\.br)?$/;
		for (const file of readdirSync(out))
			if (ours.test(file) && !written.has(file)) rmSync(join(out, file));
		for (const file of readdirSync(join(out, "errors")))
			if (!written.has(`errors/${file}`)) rmSync(join(out, "errors", file));
	}

	return { asset, put, sweep };
}

function brotli(bytes) {
	return {
		params: {
			[constants.BROTLI_PARAM_QUALITY]: 11,
			[constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
		},
	};
}

/* What a define names by its address (KR_DRAG) stays outside. */
async function script(entry, define = {}) {
	const result = await build({
		entryPoints: [entry],
		bundle: true,
		minify: true,
		write: false,
		format: "esm",
		charset: "utf8",
		legalComments: "none",
		target: TARGETS,
		define: Object.fromEntries(
			Object.entries(define).map(([name, file]) => [name, JSON.stringify(BASE + file)]),
		),
		external: [`${BASE}*`],
	});
	return result.outputFiles[0].text;
}

function header(names) {
	const lines = Object.entries(names).map(
		([name, file]) => `#define KR_ASSET_${name} "${BASE}${file}"`,
	);
	return `/* Addresses of the bundled assets; made by web/build.mjs, do not edit. */
#ifndef KR_ASSETS_H
#define KR_ASSETS_H

${lines.join("\n")}

#endif
`;
}

function within(what, text, limit) {
	if (Buffer.byteLength(text) > limit)
		throw new Error(`${what}: ${Buffer.byteLength(text)} bytes, allowed are ${limit}`);
	return text;
}

async function run(out) {
	mkdirSync(join(out, "errors"), { recursive: true });
	const { asset, put, sweep } = main(out);

	const fontDir = join(MODULES, "@fontsource-variable/public-sans/files");
	const fonts = {};
	for (const part of FONTS)
		fonts[`public-sans-${part}.woff2`] = asset(
			`public-sans-${part}`,
			"woff2",
			readFileSync(join(fontDir, `public-sans-${part}-wght-normal.woff2`)),
		);

	const icons = asset(
		"icons",
		"svg",
		sprite(join(WEB, "icons.txt"), join(MODULES, "@tabler/icons/icons/outline")),
	);
	const favicon = asset("favicon", "svg", readFileSync(join(WEB, "logo/favicon.svg")));

	let css = await styleSheet(WEB);
	for (const [plain, hashed] of Object.entries(fonts))
		css = css.replaceAll(plain, hashed);
	const sheet = asset("kreide", "css", within("kreide.css", css, LIMIT_CSS));
	const library = join(MODULES, "sortablejs/modular/sortable.core.esm.js");
	const drag = asset("drag", "js", within("drag.js", await script(library), LIMIT_DRAG));
	const ours = await script(join(WEB, "js/kreide.js"), { KR_ICONS: icons, KR_DRAG: drag });
	const js = asset("kreide", "js", within("kreide.js", ours, LIMIT_JS));

	const names = {
		CSS: sheet,
		JS: js,
		ICONS: icons,
		FONT: fonts["public-sans-latin.woff2"],
		FAVICON: favicon,
	};
	for (const [code, html] of errorPages(BASE, names)) put(`errors/${code}.html`, html);
	put("LICENSES.md", readFileSync(join(WEB, "LICENSES.md")));
	put("assets.h", header(names));
	sweep();
}

if (process.argv.length !== 3) {
	console.error("usage: node web/build.mjs OUTDIR");
	process.exit(2);
}
run(resolve(process.argv[2])).catch((error) => {
	console.error(`web: ${error.message}`);
	process.exit(1);
});
