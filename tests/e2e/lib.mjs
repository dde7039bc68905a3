/* Browsers for persons: Debian's chromium through nginx, axe-core on every page, screenshots
   to look at. */
import { chromium } from "playwright-core";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync, mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const port = Number(process.env.KR_TEST_PORT);
export const home = process.env.KR_TEST_HOME;
export const origin = `http://kreide.localhost:${port}`;
export const password = "Kreide-demo-1";
const build = process.env.KREIDE_BUILD || "build";

/* The administrator's command. */
export function kreide(...args) {
	return execFileSync(join(build, "kreide"), ["--home", home, ...args], { encoding: "utf8" });
}

let browser;
export async function open() {
	browser ??= await chromium.launch({
		executablePath: "/usr/bin/chromium",
		args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync"],
	});
	return browser;
}
export async function close() {
	await browser?.close();
	browser = undefined;
}

/* A person with a browser of their own. */
export async function person({ width = 1440, dark = false, js = true, lang = "de-DE" } = {}) {
	const b = await open();
	const context = await b.newContext({
		viewport: { width, height: width < 600 ? 740 : 900 },
		colorScheme: dark ? "dark" : "light",
		javaScriptEnabled: js,
		locale: lang,
	});
	const page = await context.newPage();
	page.faults = [];
	page.on("console", (m) => m.type() === "error" && page.faults.push(m.text()));
	page.on("pageerror", (e) => page.faults.push(String(e)));
	return page;
}

export async function signIn(page, account, secret = password) {
	await page.goto(`${origin}/login`);
	await page.fill("[name=account]", account);
	await page.fill("[name=password]", secret);
	await page.click("main form .btn-primary");
	await page.waitForURL((u) => !u.pathname.startsWith("/login"));
}

/* axe finds nothing, at both sizes, in both themes; the page does not scroll sideways. */
export async function sound(page, name) {
	const size = page.viewportSize();
	for (const width of [360, 1440]) {
		await page.setViewportSize({ width, height: width < 600 ? 740 : 900 });
		for (const colorScheme of ["light", "dark"]) {
			await page.emulateMedia({ colorScheme });
			const shot = `${name}-${width}-${colorScheme}.png`;
			if (process.env.SHOTS)
				await page.screenshot({ path: join(process.env.SHOTS, shot), fullPage: true });
			await check(page, shot);
		}
		const over = await page.evaluate(
			() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
		assert.ok(over <= 0, `${name}: ${over} px too wide at ${width}`);
	}
	await page.emulateMedia({ colorScheme: null });
	await page.setViewportSize(size);
	assert.deepEqual(page.faults, [], `${name}: console`);
}

/* Run in the page's own world by the debugger: the CSP forbids anything else. */
async function check(page, name) {
	await page.evaluate(AXE);
	const found = await page.evaluate(() =>
		window.axe.run(document, {
			runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
		}).then((r) => r.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.target).join(" ")}`)));
	assert.deepEqual(found, [], `axe: ${name}`);
}

/* ── files to hand in ── */
const dir = mkdtempSync(join(tmpdir(), "kr-e2e-"));
export function file(name, bytes) {
	const path = join(dir, name);
	writeFileSync(path, bytes);
	return path;
}
/* Assembled here, so that no scanner takes this file for the test virus itself. */
export const eicar = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}", "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!", "$H+H*"].join("");
export const png = Buffer.from(
	"iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAFUlEQVR4nGNkYPjPgBsw4ZEbwdIAJR4BEzWdBwsAAAAASUVORK5CYII=", "base64");
export function pdf(text) {
	const stream = `BT /F1 24 Tf 72 700 Td (${text}) Tj ET`;
	const parts = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		`<</Length ${stream.length}>>stream\n${stream}\nendstream`,
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"];
	let out = "%PDF-1.4\n";
	const at = parts.map((p, i) => {
		const here = out.length;
		out += `${i + 1} 0 obj\n${p}\nendobj\n`;
		return here;
	});
	const xref = out.length;
	out += `xref\n0 6\n0000000000 65535 f \n${at.map((o) => `${String(o).padStart(10, "0")} 00000 n \n`).join("")}`;
	return `${out}trailer<</Size 6/Root 1 0 R>>\nstartxref\n${xref}\n%%EOF\n`;
}
