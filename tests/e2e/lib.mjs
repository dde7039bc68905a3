/* Browsers for persons: Debian's chromium through nginx, axe-core on every page, screenshots
   to look at. */
import { chromium } from "playwright-core";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync, mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import assert from "node:assert/strict";
import http from "node:http";

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

/* Somebody new, so that no test depends on what another did to the demo's people. */
export function made(role, { given = "Robin", family = "Neumann", group } = {}) {
	return JSON.parse(kreide("--json", "user", "add", "--given", given, "--family", family,
		"--role", role, ...(group ? ["--group", group] : [])));
}
/* The module is open for these roles, whoever closed or opened it before. */
export function opened(module, roles) {
	const is = JSON.parse(kreide("--json", "module", "list")).find((m) => m.name === module);
	if (is.state === "open" && roles.split(",").every((r) => is.roles.includes(r))) return;
	if (is.state !== "closed") kreide("module", "close", module);
	kreide("module", "open", module, "--roles", roles, "--decision", "Schulkonferenz, TOP 2");
}

/* One browser for all; a second one for people who have set letters twice as large. */
let browser, large;
const launch = (...more) =>
	chromium.launch({
		executablePath: "/usr/bin/chromium",
		args: [...more, "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync"],
	});
export async function open() {
	return (browser ??= await launch());
}
export async function close() {
	await browser?.close();
	await large?.close();
	browser = large = undefined;
}

/* A person with a browser of their own. */
export async function person({ width = 1440, dark = false, js = true, lang = "de-DE",
	letters = "" } = {}) {
	const b = letters
		? (large ??= await launch("--blink-settings=defaultFontSize=32"))
		: await open();
	const context = await b.newContext({
		viewport: { width, height: width < 600 ? 740 : 900 },
		colorScheme: dark ? "dark" : "light",
		javaScriptEnabled: js,
		locale: lang,
	});
	context.setDefaultTimeout(12000);
	const page = await context.newPage();
	page.faults = [];
	/* A refused form is a 422, which chromium notes as an error. */
	page.on("console", (m) =>
		m.type() === "error" && !/status of 422/.test(m.text()) && page.faults.push(m.text()));
	page.on("pageerror", (e) => page.faults.push(String(e)));
	/* Leaving a changed form asks first; anything else that pops up is no page of ours. */
	page.on("dialog", (d) => {
		if (d.type() === "beforeunload") return d.accept();
		page.faults.push(`dialog: ${d.message()}`);
		return d.dismiss();
	});
	return page;
}

export async function signIn(page, account, secret = password) {
	await page.goto(`${origin}/login`);
	await page.fill("[name=account]", account);
	await page.fill("[name=password]", secret);
	await page.click("main form .btn-primary");
	await page.waitForURL((u) => !u.pathname.startsWith("/login"));
}

/* A printed code becomes a password, and whoever has it is signed in. */
export const secret = "Tafel-und-Kreide-7b";
export async function activate(page, code, chosen = secret) {
	await page.goto(`${origin}/activate`);
	await page.fill("[name=code]", code);
	await page.click("main form .btn-primary");
	await page.fill("[name=password]", chosen);
	await page.fill("[name=password2]", chosen);
	await page.click("main form .btn-primary");
	await page.waitForURL((u) => u.pathname === "/");
}
/* Somebody new, signed in, with a browser. */
export async function somebody(role, who = {}, with_ = {}) {
	const page = await person(with_);
	page.who = made(role, who);
	await activate(page, page.who.code);
	return page;
}
export async function signOut(page) {
	await page.click(".k-top details.k-menu > summary");
	await page.click(".k-top details.k-menu form[action='/logout'] button");
	await page.waitForURL("**/signed-out");
}
export const text = (page, selector = "main") => page.locator(selector).first().innerText();

/* What this person gets at a path, without following redirects. Node does not resolve
   *.localhost, so the address is given and the host named. */
export async function get(page, path) {
	const cookies = await page.context().cookies(origin);
	const headers = {
		host: `kreide.localhost:${port}`,
		cookie: cookies.map((c) => `${c.name}=${c.value}`).join("; "),
	};
	return new Promise((resolve, reject) => {
		http.get({ host: "127.0.0.1", port, path, headers }, (answer) => {
			const parts = [];
			answer.on("data", (d) => parts.push(d));
			answer.on("end", () => resolve({
				status: answer.statusCode,
				location: answer.headers.location,
				body: Buffer.concat(parts),
			}));
		}).on("error", reject);
	});
}

/* axe finds nothing, at both sizes, in both themes; the page does not scroll sideways. The
   window is made as high as the page, so that no sticky bar lies over what is looked at. */
export async function sound(page, name) {
	const size = page.viewportSize();
	for (const width of [360, 1440]) {
		await page.setViewportSize({ width, height: width < 600 ? 740 : 900 });
		const height = await page.evaluate(() => document.documentElement.scrollHeight);
		await page.setViewportSize({ width, height: Math.min(height, 6000) });
		await notWider(page, name);
		for (const colorScheme of ["light", "dark"]) {
			await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
			const shot = `${name}-${width}-${colorScheme}.png`;
			if (process.env.SHOTS)
				await page.screenshot({ path: join(process.env.SHOTS, shot) });
			await check(page, shot);
		}
	}
	await page.emulateMedia({ colorScheme: null, reducedMotion: null });
	await page.setViewportSize(size);
	assert.deepEqual(page.faults, [], `${name}: console`);
}

export async function notWider(page, name) {
	const over = await page.evaluate(
		() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
	assert.ok(over <= 0, `${name}: ${over} px too wide at ${page.viewportSize().width}`);
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
/* A small sketch, so that a page with it looks like one. */
function picture(width, height) {
	const rows = Buffer.alloc((width * 3 + 1) * height);
	for (let y = 0; y < height; y++)
		for (let x = 0; x < width; x++) {
			const at = y * (width * 3 + 1) + 1 + x * 3;
			const line = Math.abs(y - height / 2 - (height / 3) * Math.sin(x / 18)) < 2;
			rows.set(line ? [31, 58, 54] : [250, 249, 245], at);
		}
	const chunk = (name, data) => {
		const body = Buffer.concat([Buffer.from(name), data]);
		const out = Buffer.alloc(body.length + 8);
		out.writeUInt32BE(data.length, 0);
		body.copy(out, 4);
		out.writeUInt32BE(crc32(body), body.length + 4);
		return out;
	};
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width, 0);
	head.writeUInt32BE(height, 4);
	head.set([8, 2, 0, 0, 0], 8);
	return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), chunk("IHDR", head),
		chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}
function crc32(bytes) {
	let c = 0xffffffff;
	for (const b of bytes) {
		c ^= b;
		for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
	}
	return (c ^ 0xffffffff) >>> 0;
}
export const png = picture(320, 200);
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
