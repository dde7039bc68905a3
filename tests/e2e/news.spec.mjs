/* News: who sees what and when, writing and changing, the waste bin, and the list of all. */
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { close, get, opened, origin, person, signIn, somebody, sound, text } from "./lib.mjs";

let author, mine, other, admin;
before(async () => {
	opened("news", "pupil,teacher,parent,staff,admin");
	author = await somebody("teacher", { given: "Käthe", family: "Überall", group: "8a" });
	mine = await somebody("pupil", { given: "Ole", group: "8a" }, { width: 360 });
	other = await somebody("pupil", { given: "Änne", group: "8b" });
	admin = await person();
	await signIn(admin, "admin");
});
after(close);

/* The empty form, without the draft of one that was not sent. */
async function fresh(page) {
	await page.evaluate(() => sessionStorage.clear());
	await page.goto(`${origin}/news/new`);
}
/* "2026-11-24T18:00" so many days from now, as the field wants it */
const at = (days) => new Date(Date.now() + days * 864e5).toISOString().slice(0, 16);

async function fill(page, { title, body, category = "event", group = "8a", starts, ends }) {
	await fresh(page);
	await page.fill("[name=title]", title);
	await page.selectOption("[name=category]", category);
	await page.fill("[name=body]", body);
	const box = page.getByLabel(group, { exact: true });
	if (!(await box.isVisible())) await page.click("details.k-more-groups > summary");
	await box.check();
	if (starts) await page.fill("[name=starts]", starts);
	if (ends) await page.fill("[name=ends]", ends);
	await page.click("main form .btn-primary");
}
async function write(page, item) {
	await fill(page, item);
	await page.locator(".k-note.is-ok").first().waitFor();
	await admin.goto(`${origin}/news/all?q=${encodeURIComponent(item.title)}`);
	return admin.locator("tbody th a").first().getAttribute("href");
}
const status = async (page, path) => (await get(page, path)).status;

test("what is written for a class is seen by this class and by no other", async () => {
	await author.goto(`${origin}/news/new`);
	await sound(author, "news-new");
	const path = await write(author, { title: "Ausflug in den Zoo",
		body: "Wir treffen uns um 8 Uhr am Bus.\n\n- Brotdose\n- Regenjacke\n\nMehr: https://zoo.example/schulen" });
	await mine.goto(`${origin}/`);
	const tile = mine.locator(".k-tile:has(#tile-news) a:has-text('Ausflug in den Zoo')").first();
	await tile.waitFor();
	await sound(mine, "start-news");
	await tile.click();
	assert.equal(await mine.locator(".k-prose li").count(), 2);
	assert.equal(await mine.getAttribute(".k-prose a", "href"), "https://zoo.example/schulen");
	assert.equal(await mine.locator("a:has-text('Ändern')").count(), 0);
	await sound(mine, "news-item");
	assert.equal(await status(other, path), 404);
	for (const place of ["/", "/news"]) {
		await other.goto(origin + place);
		assert.doesNotMatch(await text(other), /Ausflug/);
	}
	await sound(other, "news");
});

test("not before its time and not after", async () => {
	const soon = await write(author, { title: "Kommt morgen", body: "Noch geheim.", starts: at(1) });
	const gone = await write(author, { title: "War gestern", body: "Vorbei.", starts: at(-3), ends: at(-1) });
	await mine.goto(`${origin}/news`);
	assert.doesNotMatch(await text(mine), /Kommt morgen|War gestern/);
	for (const path of [soon, gone]) {
		assert.equal(await status(mine, path), 404);
		assert.equal(await status(author, path), 200);
	}
	await author.goto(`${origin}/news`); /* authors find what is theirs */
	await author.locator("article:has-text('Kommt morgen') .k-state:has-text('noch nicht zu sehen')").waitFor();
	await author.locator("article:has-text('War gestern') .k-state:has-text('abgelaufen')").waitFor();
	await sound(author, "news-author");
});

test("an end before the beginning: the form says so and keeps everything", async () => {
	await fill(author, { title: "Falsch herum", body: "Text, der bleibt.", starts: at(2), ends: at(1) });
	assert.match(await text(author, ".k-bad .k-err"), /Ende liegt vor dem Beginn/);
	assert.equal(await author.inputValue("[name=title]"), "Falsch herum");
	assert.equal(await author.inputValue("[name=body]"), "Text, der bleibt.");
	assert.equal(await author.inputValue("[name=category]"), "event");
	assert.ok(await author.getByLabel("8a", { exact: true }).isChecked());
	await sound(author, "news-refused");
	await fresh(author);
	await author.evaluate(() => document.querySelector("main form").setAttribute("novalidate", ""));
	await author.click("main form .btn-primary");
	await author.locator(".k-bad").first().waitFor();
	assert.ok((await author.locator(".k-bad").count()) >= 3);
	await sound(author, "news-empty-form");
});

test("changed, put into the waste bin, and taken out again", async () => {
	const path = await write(author, { title: "Kuchenverkauf", body: "Am Montag <b>vor</b> der Aula." });
	await author.goto(origin + path);
	assert.match(await text(author), /<b>vor<\/b>/); /* what was typed, never markup */
	await author.click("a:has-text('Ändern')");
	await sound(author, "news-edit");
	await author.fill("[name=title]", "Kuchenverkauf verschoben");
	await author.click("main form .btn-primary");
	await author.locator(".k-note.is-ok:has-text('Gespeichert')").waitFor();
	await mine.goto(origin + path);
	assert.match(await text(mine, "h1"), /verschoben/);
	await author.goto(`${origin}${path}/edit`);
	await author.click("button:has-text('In den Papierkorb')");
	await author.locator(".k-note.is-ok:has-text('Papierkorb')").waitFor();
	await sound(author, "news-trashed");
	assert.equal(await status(mine, path), 404);
	await author.click(".k-note button:has-text('Rückgängig')");
	await author.locator(".k-note.is-ok:has-text('Wiederhergestellt')").waitFor();
	assert.equal(await status(mine, path), 200);
	for (const page of [mine, other]) {
		assert.equal(await status(page, `${path}/edit`), 403);
		assert.equal(await status(page, "/news/new"), 403);
	}
});

test("categories", async () => {
	await write(author, { title: "Pokal gewonnen", body: "Hurra.", category: "success" });
	await mine.goto(`${origin}/news`);
	await mine.click(".k-tabs a:has-text('Erfolge')");
	assert.match(await text(mine), /Pokal gewonnen/);
	assert.equal(await mine.getAttribute(".k-tabs a:has-text('Erfolge')", "aria-current"), "page");
	await mine.click(".k-tabs a:has-text('Allgemein')");
	assert.doesNotMatch(await text(mine), /Pokal/);
	await sound(mine, "news-category");
});

test("the office sees all, searches, sorts, and takes it along as a table", async () => {
	for (let i = 0; i < 2; i++)
		await write(author, { title: `Elternabend ${i + 1}`, body: "Um 19 Uhr.", category: "organisation" });
	await admin.goto(`${origin}/news`);
	await admin.click("a:has-text('Alle News')");
	await sound(admin, "news-all");
	await admin.fill("[name=q]", "Elternabend");
	await admin.press("[name=q]", "Enter");
	await admin.waitForURL(/q=Elternabend/);
	const found = await admin.locator("tbody th").allInnerTexts();
	assert.ok(found.length >= 2 && found.every((t) => t.startsWith("Elternabend")), found.join());
	await admin.selectOption("[name=category]", "success");
	await admin.click(".k-filters button");
	await admin.locator(".k-empty").waitFor();
	await sound(admin, "news-none-found");
	await admin.click(".k-empty a");
	await admin.waitForURL((u) => !u.search);
	const [file] = await Promise.all([admin.waitForEvent("download"), admin.click("text=CSV")]);
	const csv = readFileSync(await file.path(), "utf8");
	assert.ok(csv.startsWith("\ufeff"));
	assert.match(csv, /"Elternabend 1";"Organisation";"";""/);
	assert.match(csv, /"Kommt morgen";"Veranstaltung";"\d{4}-\d\d-\d\d \d\d:\d\d";""/);
});

test("with nothing in it the page says so", async () => {
	const parent = await somebody("parent");
	await parent.goto(`${origin}/news?category=general`);
	await parent.locator(".k-empty").waitFor();
	await sound(parent, "news-empty");
});
