/* Error pages: the right status, calm words in both languages, a way on, and nothing that
   only a programmer understands; and the service comes back by itself. */
import { test, after } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { close, get, home, made, opened, origin, person, port, signIn, somebody, sound, text } from "./lib.mjs";

after(close);

const jargon = /exception|stack|trace|errno|sql|mariadb|fastcgi|nginx|null|undefined|\bcore\.|forbidden|bad gateway/i;

/* The page that has just come: judged in every size and theme. */
async function calm(page, name, title) {
	const words = await text(page, "body");
	assert.match(await text(page, "h1"), title);
	assert.doesNotMatch(words, jargon);
	page.faults.length = 0; /* chromium notes the status itself */
	await sound(page, name);
}
async function goes(page, path, status) {
	const answer = await page.goto(path.startsWith("http") ? path : origin + path);
	assert.equal(answer.status(), status, path);
	return answer;
}
const english = async (page) => {
	await page.goto(`${origin}/profile`);
	await page.selectOption("[name=lang]", "en");
	await page.click("form:has([name=lang]) button");
	await page.waitForFunction(() => document.documentElement.lang === "en");
};
async function service(name, state) {
	execFileSync("sv", ["-w", "20", state, join(home, "sv", name)]);
}
async function back(page) {
	for (let i = 0; i < 100; i++) {
		const { status } = await get(page, "/login").catch(() => ({ status: 0 }));
		if (status === 200 || status === 303) return;
		await new Promise((r) => setTimeout(r, 200));
	}
	assert.fail("the service did not come back");
}

test("not yours, not there, not this way: in the frame, in the person's language", async () => {
	const page = await somebody("pupil", { group: "5c" });
	await goes(page, "/people", 403);
	await calm(page, "error-403", /^Das ist nicht für dein Konto$/);
	await goes(page, "/gibt-es-nicht", 404);
	await calm(page, "error-404", /^Diese Seite gibt es hier nicht$/);
	assert.match(await text(page, ".k-empty .k-mono"), /^404-[0-9a-f]{16} · \d/);
	await page.click(".k-empty a");
	assert.equal(page.url(), `${origin}/`);
	await goes(page, "/profile/theme", 405);
	await calm(page, "error-405", /^So lässt sich diese Seite nicht öffnen$/);
	await english(page);
	for (const [path, status, title] of [
		["/people", 403, /^This is not for your account/],
		["/gibt-es-nicht", 404, /page/],
		["/profile/theme", 405, /page/],
	]) {
		await goes(page, path, status);
		assert.equal(await page.getAttribute("html", "lang"), "en");
		await calm(page, `error-${status}-en`, title);
	}
});

/* The session ends while somebody writes: with scripts the form stays as it is; without
   them (the form is sent past them here) the page that says so holds the text. */
test("the session is over: what was written is still there", async () => {
	const lines = "Lest die Ballade und schreibt auf, wer darin spricht.\n\nZwei Seiten.";
	const page = await person({ width: 360 });
	await signIn(page, "lehrerin");
	await page.goto(`${origin}/news/new`);
	await page.fill("[name=title]", "Ballade");
	await page.selectOption("[name=category]", "event");
	await page.fill("[name=body]", lines);
	await page.locator("[type=checkbox]").first().check();
	await page.context().clearCookies({ name: "kr" });
	await page.click("main form .btn-primary");
	await page.waitForSelector(".k-note.is-failed a");
	assert.equal(await page.inputValue("[name=body]"), lines);
	await page.evaluate(() => document.querySelector("main form").submit());
	await page.waitForSelector(".k-typed textarea");
	assert.equal(await page.inputValue(".k-typed textarea"), lines);
	assert.equal(await page.getAttribute("a.btn-primary", "href"), "/login?to=%2Fnews%2Fnew");
	await calm(page, "session-over", /^Die Anmeldung ist abgelaufen$/);
});

test("signed out: a missing page, an unknown host, a host for files only", async () => {
	const page = await person({ width: 360 });
	/* What could be a page asks for signing in first, there or not; this cannot be one. */
	await goes(page, "/gibt-es%2Fnicht", 404);
	await calm(page, "error-404-out", /^Diese Seite gibt es hier nicht$/);
	const other = await person({ lang: "en-GB" });
	await goes(other, "/gibt-es%2Fnicht", 404);
	await calm(other, "error-404-out-en", /page/);
	await goes(page, `http://schule.localhost:${port}/`, 421);
	await calm(page, "error-421", /gehört zu keiner Schule/);
	assert.match(await text(page), /belongs to no school/);
	assert.equal(await page.locator("main a").count(), 0);
	await goes(page, `http://content.kreide.localhost:${port}/`, 404);
	assert.doesNotMatch(await text(page, "body"), jargon);
});

test("too much at once, and an address that is too long", async () => {
	const page = await person();
	await page.goto(`${origin}/login`);
	await page.evaluate(() => {
		document.querySelector("[name=account]").removeAttribute("maxlength");
		document.querySelector("[name=account]").value = "x".repeat(100000);
		document.querySelector("[name=password]").value = "y";
	});
	const [answer] = await Promise.all([
		page.waitForNavigation(),
		page.click("main form .btn-primary"),
	]);
	assert.equal(answer.status(), 413);
	await calm(page, "error-413", /^Das war zu groß$/);
	await goes(page, `/x${"a".repeat(40000)}`, 414);
	await calm(page, "error-414", /./);
});

test("somebody else was faster: nothing is overwritten, the text can be copied", async () => {
	opened("news", "pupil,teacher,parent,staff,admin");
	const page = await somebody("teacher");
	await page.goto(`${origin}/news/new`);
	await page.fill("[name=title]", "Zwei Fenster");
	await page.selectOption("[name=category]", "general");
	await page.fill("[name=body]", "Erster Stand.");
	await page.check("[name=audience_id] >> nth=0");
	await page.click("main form .btn-primary");
	await page.locator(".k-note.is-ok").waitFor();
	await page.goto(`${origin}/news`);
	await page.click("text=Zwei Fenster");
	const edit = `${page.url()}/edit`;
	const late = await page.context().newPage();
	late.faults = [];
	late.on("dialog", (d) => d.accept());
	await late.goto(edit);
	await page.goto(edit);
	await page.fill("[name=body]", "Zweiter Stand.");
	await page.click("main form .btn-primary");
	await page.locator(".k-note.is-ok").waitFor();
	await late.fill("[name=body]", "Dritter Stand, zu spät.");
	await late.click("main form .btn-primary");
	await late.locator(".k-note:has-text('Inzwischen hat sich etwas geändert')").waitFor();
	assert.equal(await late.inputValue("[name=body]"), "Dritter Stand, zu spät.");
	late.faults.length = 0;
	await sound(late, "form-409");
	await page.reload();
	assert.match(await text(page), /Zweiter Stand/);
});

test("too many tries: how long to wait is said", async () => {
	const { account } = made("pupil", { group: "5c" });
	const page = await person();
	let said = "";
	for (let i = 0; i < 9 && !/zu viele Versuche/.test(said); i++) {
		await page.goto(`${origin}/login`);
		await page.fill("[name=account]", account);
		await page.fill("[name=password]", `falsch-${i}`);
		await page.click("main form .btn-primary");
		said = await text(page, "[role=alert]");
	}
	assert.match(said, /zu viele Versuche\. In \d+ Sekunden/);
	page.faults.length = 0;
	await sound(page, "login-wait");
});

test("without its database the school says so at once, and is back by itself", async () => {
	const page = await somebody("pupil", { group: "5c" }), other = await person({ lang: "en-GB" });
	await page.goto(`${origin}/profile`);
	await service("mariadb", "stop");
	try {
		await goes(page, "/profile", 503);
		await calm(page, "error-503", /^Wir wischen kurz die Tafel$/);
		/* Without an account: what needs no database, the form, is there; what does is not. */
		await goes(other, "/login", 200);
		await other.context().addCookies(await page.context().cookies());
		await goes(other, "/profile", 503);
		assert.equal(await other.getAttribute("html", "lang"), "en");
		await calm(other, "error-503-en", /^We are just wiping the board$/);
	} finally {
		await service("mariadb", "start");
	}
	await back(page);
	await page.click("main a.btn");
	await page.waitForFunction(() => document.title.includes("Profil"));
	assert.match(await text(page, "h1"), /Robin Neumann/);
});

test("without the core nginx answers alone, in both languages", async () => {
	const page = await person();
	await service("kreide", "stop");
	try {
		await goes(page, "/login", 503);
		await calm(page, "error-down", /./);
		assert.match(await text(page), /school/);
	} finally {
		await service("kreide", "start");
	}
	await back(page);
	await goes(page, "/login", 200);
});
