/* Files that want to be pages: handed in by a pupil, opened by the teacher in chromium, in
   our viewer, as a link and by their bare address. Nothing of them runs in our origin, and
   the host that serves them gets no cookie. */
import { asPerson, content, context, origin, site } from "./browse.mjs";
import { browser, group, sleep, sql } from "../http/world.mjs";
import { somebody } from "./lib.mjs";
import { polyglots } from "./polyglots.mjs";
import { Watch } from "./watch.mjs";

const safeTypes = /^(image\/(png|jpeg|gif|webp|avif|bmp|x-icon|vnd.microsoft.icon)|application\/pdf|text\/plain; ?charset=utf-8|(audio|video)\/[\w.+-]+|application\/octet-stream)$/;

async function handIn(tally) {
	const teacher = await somebody("teacher", { given: "Tina", group: "7b" }), pupil = await somebody("pupil", { given: "Paul", group: "7b" });
	const list = [], refused = [];
	for (let i = 0; i < polyglots.length; i += 10) {
		const made = await teacher.browser.post("/tasks/new", { title: `Abgabe ${i}`, body: "x", group: await group("7b"), due: "2031-03-20T18:00" }, { on: "/tasks/new" });
		const task = made.headers.location.match(/\d+/)[0];
		for (const [name, bytes] of polyglots.slice(i, i + 10)) {
			const a = await pupil.browser.post(`/tasks/${task}/submit`, { answer: "x", work: { name, bytes, type: "text/html" } }, { on: `/tasks/${task}` });
			if (a.status !== 303) refused.push(`${name} ${a.status}`);
			tally.check(a.status === 303 || a.status === 422, `${name}: ${a.status}`);
		}
		list.push((await sql(`SELECT id FROM tasks_submission WHERE task_id = ${task}`))[0][0]);
	}
	for (let i = 0; i < 200 && (await sql("SELECT 1 FROM core_file WHERE scan = 0 LIMIT 1")).length; i++) await sleep(100);
	return { teacher, pages: list.map((id) => `/tasks/submissions/${id}`), refused };
}

/* The judge: shown raw, the script of a PDF opens a box. */
async function boxes() {
	const c = await context(), tab = await c.newPage(), seen = [];
	const raw = await site((url) => (url.pathname === "/x.pdf" ? { body: polyglots.find(([name]) => name === "pdf-gepackt.pdf")[1], headers: { "content-type": "application/pdf" } } : undefined));
	tab.on("dialog", (d) => (seen.push(d.message()), d.dismiss().catch(() => {})));
	await tab.goto(`http://attack.localhost:${raw.port}/x.pdf`);
	for (let i = 0; i < 150 && seen.length === 0; i++) await sleep(100);
	await c.close();
	raw.close();
	return seen.length;
}

/* The headers of every address, asked without a browser. */
async function headers(tally, addresses) {
	const b = browser();
	let inline = 0;
	for (const url of addresses) {
		const u = new URL(url), a = await b.ask("GET", u.pathname, { host: u.hostname }), h = a.headers;
		const name = decodeURIComponent(h["content-disposition"]?.match(/filename\*=UTF-8''(\S+)/)?.[1] ?? url);
		if (!tallyOk(tally, a.status === 200, `${name}: ${a.status}`)) continue;
		const shown = /^inline/.test(h["content-disposition"] ?? "");
		if (shown) inline++;
		tally.check(/^(attachment|inline); filename=/.test(h["content-disposition"] ?? ""), `${name}: ${h["content-disposition"]}`);
		tally.check(/^sandbox; default-src 'none'/.test(h["content-security-policy"] ?? ""), `${name}: ${h["content-security-policy"]}`);
		tally.check(h["x-content-type-options"] === "nosniff", `${name}: can be sniffed`);
		tally.check(!shown || safeTypes.test(h["content-type"]), `${name}: shown as ${h["content-type"]}`);
		tally.check(!/pdf/.test(name) || !shown, `${name}: a PDF with script is shown`);
		tally.check(!/html|xml|svg|javascript|mhtml|rfc822/.test(h["content-type"]) || !shown, `${name}: ${h["content-type"]}`);
		tally.check(h["set-cookie"] === undefined, `${name}: sets a cookie`);
		tally.check(!/[\r\n]/.test(name) && !name.includes("/"), `${name}: a path`);
		/* Our own host does not serve it. */
		const own = await b.ask("GET", u.pathname, { host: u.hostname.replace("content.", "") });
		tally.check(own.status === 404 || own.status === 302, `${name}: our own host says ${own.status}`);
	}
	return inline;
}
const tallyOk = (tally, good, what) => {
	tally.check(good, what);
	return good;
};

export default async function (tally) {
	tally.check(polyglots.length >= 60, `only ${polyglots.length} files`);
	tally.check(await boxes() > 0, "a PDF's box is not seen where nothing keeps it away: the judge is asleep");
	const { teacher, pages, refused } = await handIn(tally);
	const tabs = await asPerson(teacher), w = await new Watch(tabs).open();
	let cookies = 0, asked = 0;
	const ran = [];
	tabs.on("request", async (q) => {
		if (!q.url().startsWith(content)) return;
		asked++;
		const h = await q.allHeaders().catch(() => ({}));
		if (h.cookie !== undefined || h.authorization !== undefined || (h.referer ?? "").length > origin.length + 1) cookies++;
	});
	const addresses = new Set();
	let viewed = 0;
	for (const path of pages) {
		await w.look(path);
		for (const href of await w.tab.evaluate(() => [...document.querySelectorAll("a")].flatMap((a) => [a.href, a.dataset.src, a.dataset.get]).filter((x) => x && /\/\/content\./.test(x))))
			addresses.add(href);
		/* In our viewer: each link as a person clicks it. */
		const links = await w.tab.locator("a[data-view]").count();
		for (let i = 0; i < links; i++) {
			await w.tab.locator("a[data-view]").nth(i).click({ timeout: 3000 }).catch(() => {});
			await new Promise((ok) => setTimeout(ok, 60));
			viewed++;
			await w.tab.keyboard.press("Escape");
		}
		ran.push(...await w.tab.evaluate(() => (document.title === "kanarie" ? ["the title"] : [])));
	}
	/* By the bare address, where nothing of ours is around. */
	const bare = await tabs.newPage();
	w.faults = w.faults.filter((f) => !f.startsWith("opened a window: about:blank"));
	bare.on("dialog", (d) => (w.faults.push(`dialog of ${bare.url()}: ${d.type()} ${d.message()}`), d.dismiss().catch(() => {})));
	let loaded = 0;
	for (const url of addresses) {
		await bare.goto(url, { waitUntil: "load", timeout: 4000 }).then(() => loaded++, () => {}); /* what is downloaded is no page */
		const state = await bare.evaluate(() => [document.title, self.origin, (() => { try { return document.cookie; } catch { return "none"; } })()]).catch(() => ["", "null", "none"]);
		if (state[0] === "kanarie" || (state[1] !== "null" && state[1].includes("//kreide")) || !["", "none"].includes(state[2])) ran.push(`${url}: ${state}`);
	}
	await w.tab.waitForTimeout(200);
	/* That our own policy keeps scripts of a PDF or a picture away is said in the console. */
	const faults = w.faults.filter((f) => !f.startsWith("opened a window") && !/^console: .*(sandboxed|frame-ancestors|'none')/.test(f));
	tally.check(faults.length === 0, `${faults.length} things happened`, [...new Set(faults)].slice(0, 12).join("\n"));
	tally.check(ran.length === 0, "something ran", ran.join("\n"));
	tally.check(asked >= 20 && cookies === 0, `${cookies} of ${asked} requests to the host for files had cookies`);
	tally.check(addresses.size >= polyglots.length - refused.length, `only ${addresses.size} addresses for ${polyglots.length - refused.length} files`);
	await w.close();
	const inline = await headers(tally, addresses);
	tally.note(`uploads: ${polyglots.length} files, ${refused.length} refused; ${addresses.size} addresses, ${inline} of them to look at, ${viewed} opened in our viewer, ` +
		`${loaded} shown by the browser, ${asked} requests to the host for files without a cookie`);
	if (refused.length) tally.note(`uploads: refused: ${refused.join(", ")}`);
}
