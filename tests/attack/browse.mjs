/* Debian's chromium for those who attack with a page, and the server of their own sites. */
import http from "node:http";
import { createRequire } from "node:module";
import { port } from "../http/world.mjs";

const require = createRequire(new URL("../e2e/package.json", import.meta.url));
const { chromium } = require("playwright-core");

export const origin = `http://kreide.localhost:${port}`;
export const content = `http://content.kreide.localhost:${port}`;

let browser;
export async function context(options = {}) {
	browser ??= await chromium.launch({
		executablePath: "/usr/bin/chromium",
		args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
			"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
	});
	const c = await browser.newContext({ locale: "de-DE", viewport: { width: 1200, height: 900 }, ...options });
	c.setDefaultTimeout(15000);
	return c;
}
export async function closeBrowser() {
	await browser?.close();
	browser = undefined;
}

/* The cookies of one of the small clients, in a real browser. */
export async function asPerson(person, options) {
	const c = await context(options);
	await c.addCookies([...person.browser.jar].map(([name, value]) =>
		({ name, value, domain: "kreide.localhost", path: "/", httpOnly: true, sameSite: "Lax" })));
	return c;
}

/* Somebody else's site: pages by path, on every name of this machine. */
export function site(pages) {
	const seen = [];
	const server = http.createServer((q, r) => {
		seen.push(`${q.method} ${q.headers.host} ${q.url}`);
		const page = pages(new URL(q.url, `http://${q.headers.host}`), q);
		if (page === undefined) return r.writeHead(404).end();
		return r.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store", ...page.headers }).end(page.body ?? page);
	});
	return new Promise((done) => server.listen(0, "127.0.0.1", () => done({ port: server.address().port, seen,
		close: () => { server.closeAllConnections(); server.close(); } })));
}
