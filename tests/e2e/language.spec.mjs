/* English is complete: every page each role can reach is walked through, and no German
   word of ours is left on it; what people wrote themselves stays as it is. In both
   languages no text may be missing: then its key would stand there. */
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { close, opened, origin, person, signIn, sound } from "./lib.mjs";

before(() => {
	opened("tasks", "pupil,teacher");
	opened("news", "pupil,teacher,parent,staff,admin");
});
after(close);

/* ── our German sentences, from the catalogues ── */
const read = (path) => Object.fromEntries([...readFileSync(path, "utf8")
	.matchAll(/^msgid "(.+)"\n((?:msgid_plural.*\n)?)((?:msgstr.*\n)+)/gm)].map(([, id, , texts]) =>
	[id, [...texts.matchAll(/"(.*)"$/gm)].map((m) => m[1].replace(/\\n/g, "\n").replace(/\\"/g, '"'))]));
const folders = ["core", ...readdirSync("plugins").map((p) => `plugins/${p}`)];
const german = new Set(), both = new Set();
for (const folder of folders)
	for (const name of ["de", "de_du"]) {
		let de, en;
		try {
			de = read(`${folder}/locale/${name}.po`);
			en = read(`${folder}/locale/en.po`);
		} catch {
			continue; /* not every plugin addresses pupils in words of their own */
		}
		for (const texts of Object.values(en)) texts.forEach((t) => both.add(t));
		for (const texts of Object.values(de)) texts.forEach((t) => german.add(t));
	}
const pattern = (t) => t.split(/\{\w+\}/).map((p) => p.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("([^.!?]{0,60})");
/* "{1} von {2}" is a part of names, too. */
const sentences = [...german]
	.filter((t) => !both.has(t) && /[a-zäöüß]{4}/i.test(t.replace(/\{\w+\}/g, "")))
	.map((t) => new RegExp(`^${pattern(t)}$`, "s"));
/* Words that stand in our sentences, and in no name. */
const stop = /(?<![\p{L}-])(und|der|die|das|nicht|für|mit|auf|noch|kein|keine|bitte|oder|wird|wurde|sind|sich|dein|deine|ihre|ihr|zum|zur|ist|eine|einen|alle|noch|heute|gestern|morgen|Uhr|Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag|Klasse|Gruppe|Datei|Seite|Abgabe|Aufgabe)(?![\p{L}-])/iu;
const key = /\b(core|tasks|news|people|modules|import)\.[a-z]+_?[a-z_]*\b/;

/* Everything a page says: texts, names for screen readers, placeholders, words of the
   scripts; and apart from it what people or the school's data say. */
function said() {
	const own = "[translate=no], .k-prose, .k-cut, .k-row .k-t, .k-row b, .k-mono, td, tbody th, dd, " +
		"h1, article h2, .k-back, .k-who, .k-school, .k-mi b, .k-note h2, .k-slip, [hreflang], #who + p, " +
		".k-check, textarea, option, .k-by > span, .k-row .k-m, .k-file b";
	const ours = [], all = [];
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let node; (node = walk.nextNode()); ) {
		const words = node.textContent.replace(/\s+/g, " ").trim();
		if (!words || node.parentElement.closest("script, style")) continue;
		all.push(words);
		if (!node.parentElement.closest(own)) ours.push(words);
	}
	for (const el of document.querySelectorAll("[aria-label], [title], [placeholder]"))
		for (const name of ["aria-label", "title", "placeholder"])
			if (el.getAttribute(name)) all.push(el.getAttribute(name));
	for (const { name, value } of document.getElementById("k-words")?.attributes || [])
		if (name.startsWith("data-")) (all.push(value), ours.push(value));
	all.push(document.title);
	return { ours, all };
}

const links = (page) => page.evaluate(() =>
	[...document.querySelectorAll("main a[href], nav a[href], header a[href]")]
		.map((a) => new URL(a.href)).filter((u) => u.origin === location.origin)
		.map((u) => u.pathname + u.search));
/* One page of each kind: numbers are the same page, and what is not a page is left out. */
const kind = (path) => path.replace(/\d+/g, "N").replace(/(after|q|group)=[^&]*/g, "$1");
const skip = /csv|\/zip|^\/f\/|\/_s\/|lang=/;

async function walk(page, most, look) {
	const seen = new Set(), todo = ["/", "/profile", "/profile/password", "/notices", "/gibt-es-nicht"];
	while (todo.length && seen.size < most) {
		const path = todo.shift();
		if (seen.has(kind(path)) || skip.test(path)) continue;
		seen.add(kind(path));
		const answer = await page.goto(origin + path);
		if (!/html/.test(answer.headers()["content-type"] || "")) continue;
		await look(path);
		todo.push(...(await links(page)));
	}
	return seen.size;
}

async function speak(page, lang) {
	await page.goto(`${origin}/profile`);
	await page.selectOption("[name=lang]", lang);
	await page.click("form:has([name=lang]) button");
	await page.waitForFunction((l) => document.documentElement.lang === l, lang);
}

for (const account of ["admin", "lehrerin", "schueler", "elternteil"])
	test(`${account} in English: no German word of ours`, async () => {
		const page = await person();
		await signIn(page, account);
		await speak(page, "en");
		try {
			const wrong = [];
			const n = await walk(page, 40, async (path) => {
				assert.equal(await page.getAttribute("html", "lang"), "en", path);
				const { ours, all } = await page.evaluate(said);
				for (const words of all) {
					const from = sentences.find((s) => s.test(words));
					if (from) wrong.push(`${path}: ${words} (${from})`);
					if (key.test(words)) wrong.push(`${path}: no text: ${words}`);
				}
				for (const words of ours)
					if (stop.test(words)) wrong.push(`${path}: ${words}`);
			});
			assert.deepEqual([...new Set(wrong)], []);
			assert.ok(n >= 6, `${n} pages`);
			await page.goto(origin);
			page.faults.length = 0; /* the missing page */
			await sound(page, `start-${account}-en`);
		} finally {
			await speak(page, "de");
		}
	});

test("in German no text is missing", async () => {
	const page = await person();
	await signIn(page, "admin");
	const wrong = [];
	await walk(page, 30, async (path) => {
		assert.equal(await page.getAttribute("html", "lang"), "de", path);
		for (const words of (await page.evaluate(said)).all)
			if (key.test(words)) wrong.push(`${path}: ${words}`);
	});
	assert.deepEqual(wrong, []);
});

test("signed out, in English", async () => {
	const page = await person({ lang: "en-GB" });
	for (const path of ["/login", "/activate", "/signed-out", "/gibt-es-nicht"]) {
		await page.goto(origin + path);
		assert.equal(await page.getAttribute("html", "lang"), "en");
		const { all } = await page.evaluate(said);
		for (const words of all.filter((w) => w !== "Deutsch"))
			assert.ok(!stop.test(words) && !key.test(words), `${path}: ${words}`);
	}
});
