/* Bundles css/kreide.css: Bootstrap's parts compiled by sass, our files, the dark theme twice. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { compile } from "sass";

/* Browsers of the last three years or so; older phones still get every layer and colour. */
export const TARGETS = ["chrome105", "edge105", "firefox113", "safari16"];

function base(webDir) {
	const { css } = compile(join(webDir, "css/base.scss"), {
		loadPaths: [join(webDir, "node_modules/bootstrap/scss")],
		quietDeps: true,
		/* Bootstrap 5.3 is written for the older language; it is pinned, so nothing can break */
		silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
	});
	return css.replace('@charset "UTF-8";', "");
}

/* dark.css has its values once, in one :root block. Here they are written for a dark device,
   unless the person chose light, and for a person who chose dark. Paper is always light. */
function dark(webDir) {
	const css = readFileSync(join(webDir, "css/dark.css"), "utf8");
	const values = /:root \{([^{}]*)\}/.exec(css)?.[1];
	if (!values) throw new Error("css/dark.css: expected one :root block");
	return `@media screen and (prefers-color-scheme: dark) {
	:root:not([data-theme="light"]) {${values}}
}
@media screen {
	:root[data-theme="dark"] {${values}}
}
`;
}

export async function styleSheet(webDir) {
	const made = { base, dark };
	const result = await build({
		entryPoints: [join(webDir, "css/kreide.css")],
		bundle: true,
		minify: true,
		write: false,
		charset: "utf8",
		legalComments: "none",
		banner: {
			css: "/* Kreide. Parts of Bootstrap 5.3, MIT, © The Bootstrap Authors; see LICENSES.md */",
		},
		target: TARGETS,
		external: ["*.woff2"],
		plugins: [
			{
				name: "kreide",
				setup(b) {
					b.onResolve({ filter: /^kreide:/ }, ({ path }) => ({
						path: path.slice(7),
						namespace: "kreide",
					}));
					b.onLoad({ filter: /.*/, namespace: "kreide" }, ({ path }) => ({
						contents: made[path](webDir),
						loader: "css",
					}));
				},
			},
		],
	});
	return result.outputFiles[0].text;
}
