/* One's own account: the printed code, the password, other devices, language and theme,
   and what machines may do in one's name. */
import { test, after } from "node:test";
import assert from "node:assert/strict";
import { activate, close, get, made, opened, origin, person, secret, signIn, somebody, sound,
	text } from "./lib.mjs";

after(close);

const enter = async (page, code) => {
	await page.goto(`${origin}/activate`);
	await page.fill("[name=code]", code);
	await page.click("main form .btn-primary");
};
const choose = async (page, one, two = one) => {
	await page.fill("[name=password]", one);
	await page.fill("[name=password2]", two);
	await page.click("main form .btn-primary");
};
const save = (page, name) => page.click(`form:has([name=${name}]) button`);

test("a code: mistyped, unknown, good, used; what is typed carelessly is understood", async () => {
	const { code } = made("pupil", { given: "Zoë", group: "6a" });
	const page = await person({ width: 360 });
	await enter(page, "ABC");
	assert.match(await text(page, "[role=alert]"), /So sieht kein Code aus/);
	await enter(page, "ABCD-EFGH-JKMN-PQRS");
	assert.match(await text(page, "[role=alert]"), /Diesen Code gibt es nicht/);
	await sound(page, "activate-bad");
	await enter(page, ` ${code.toLowerCase().replace(/-/g, " ")} `);
	assert.match(await text(page, "h1"), /Willkommen, Zoë!/);
	await sound(page, "activate-welcome");
	await choose(page, "zoe");
	assert.match(await text(page, ".k-bad .k-err"), /mindestens 8 Zeichen/);
	await choose(page, "12345678");
	assert.match(await text(page, ".k-bad .k-err"), /leicht zu erraten/);
	await choose(page, secret, `${secret}x`);
	assert.match(await text(page, ".k-bad .k-err"), /nicht gleich/);
	await sound(page, "activate-again");
	await choose(page, secret);
	await page.waitForURL(`${origin}/`);
	assert.match(await text(page, ".k-note.is-ok"), /Dein Konto ist bereit/);
	await enter(page, code);
	assert.match(await text(page, "[role=alert]"), /schon benutzt/);
});

test("a new password: the old one must be right, and others are signed out", async () => {
	const here = await somebody("pupil", { group: "6a" });
	const there = await person();
	await signIn(there, here.who.account, secret);
	await here.goto(`${origin}/profile/password`);
	await sound(here, "password");
	const change = async (old, fresh, again = fresh) => {
		await here.fill("[name=old]", old);
		await choose(here, fresh, again);
	};
	await change("falsch", "Ein-neuer-Igel-9");
	assert.match(await text(here, ".k-bad .k-err"), /bisherige Passwort stimmt nicht/);
	await sound(here, "password-wrong");
	await change(secret, secret);
	assert.match(await text(here, ".k-bad .k-err"), /Das ist das bisherige Passwort/);
	await change(secret, "Ein-neuer-Igel-9");
	await here.waitForURL(`${origin}/profile`);
	assert.match(await text(here, ".k-note.is-ok"), /Das neue Passwort gilt/);
	await there.goto(`${origin}/profile`);
	assert.match(there.url(), /\/login/);
	await signIn(there, here.who.account, "Ein-neuer-Igel-9");
});

test("other devices are seen and signed out, one or all", async () => {
	const here = await somebody("parent", { given: "Ingrid" });
	const others = [];
	for (let i = 0; i < 2; i++) {
		const page = await person();
		await signIn(page, here.who.account, secret);
		others.push(page);
	}
	await others[1].goto(`${origin}/notices`);
	await others[1].waitForTimeout(1200);
	await here.goto(`${origin}/profile`);
	assert.equal(await here.locator("#sessions li").count(), 3);
	await sound(here, "profile");
	await here.click("#sessions li form button >> nth=0");
	await here.locator(".k-note.is-ok").waitFor();
	assert.equal(await here.locator("#sessions li").count(), 2);
	await here.click("#sessions form[action$='/sessions/end'] button");
	await here.locator(".k-note.is-ok").waitFor();
	assert.equal(await here.locator("#sessions li").count(), 1);
	await others[1].locator(".k-note.k-stay").waitFor({ timeout: 6000 });
	for (const page of others) assert.equal((await get(page, "/")).status, 302);
	assert.equal((await get(here, "/")).status, 200);
});

test("language and theme are of the person, not of the browser", async () => {
	const page = await somebody("parent");
	await page.goto(`${origin}/profile`);
	await page.selectOption("[name=theme]", "dark");
	await save(page, "theme");
	await page.waitForURL(/#theme/);
	assert.equal(await page.getAttribute("html", "data-theme"), "dark");
	await page.selectOption("[name=lang]", "en");
	await save(page, "lang");
	await page.waitForURL(/#language/);
	assert.equal(await page.getAttribute("html", "lang"), "en");
	const elsewhere = await person();
	await signIn(elsewhere, page.who.account, secret);
	assert.equal(await elsewhere.getAttribute("html", "data-theme"), "dark");
	assert.equal(await elsewhere.getAttribute("html", "lang"), "en");
	const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	const dark = await ground();
	await page.selectOption("[name=theme]", "light");
	await save(page, "theme");
	await page.waitForFunction(() => document.documentElement.dataset.theme === "light");
	assert.notEqual(await ground(), dark);
	await page.emulateMedia({ colorScheme: "dark" }); /* a dark device changes nothing then */
	assert.notEqual(await ground(), dark);
	await page.selectOption("[name=theme]", "auto");
	await save(page, "theme");
	await page.waitForFunction(() => !document.documentElement.dataset.theme);
	assert.equal(await ground(), dark);
});

test("a key for machines is shown once, works, and is taken back; so is a calendar", async () => {
	opened("tasks", "pupil,teacher");
	const page = await somebody("pupil", { group: "6a" });
	await page.goto(`${origin}/profile`);
	await page.fill("[name=label]", "Kalender auf dem Tablet");
	await save(page, "label");
	const key = await text(page, ".k-note.is-ok .k-mono");
	assert.match(key, /^[\w.-]{20,}$/);
	await sound(page, "profile-key");
	await page.goto(`${origin}/profile`);
	assert.ok(!(await page.content()).includes(key));
	await page.goto(`${origin}/tasks/calendar`);
	await sound(page, "calendar-none");
	await page.click("main form .btn-primary");
	const address = new URL(await page.inputValue("#feed"));
	await sound(page, "calendar");
	assert.match((await get(await person(), address.pathname)).body.toString(), /BEGIN:VCALENDAR/);
	await page.goto(`${origin}/profile`);
	await sound(page, "profile-machines");
	assert.equal(await page.locator("#machines li").count(), 2);
	await page.click("#machines li:has-text('Kalenderadresse') button");
	await page.locator(".k-note.is-ok").waitFor();
	assert.equal((await get(await person(), address.pathname)).status, 404);
	await page.click("#machines li button");
	await page.locator(".k-note.is-ok").waitFor();
	assert.equal(await page.locator("#machines li").count(), 0);
});

test("my data: a file for the person, five times an hour, then a calm word", async () => {
	const page = await somebody("pupil", { group: "6a" });
	for (let i = 0; i < 5; i++) {
		await page.goto(`${origin}/profile`);
		const [file] = await Promise.all([page.waitForEvent("download"),
			page.click("#data button")]);
		assert.match(file.suggestedFilename(), /^[a-z0-9.-]+-\d{4}-\d\d-\d\d\.zip$/);
		assert.equal(await file.failure(), null);
	}
	await page.goto(`${origin}/profile`);
	await page.click("#data button");
	assert.match(await text(page, ".k-note"), /In einer Stunde geht es wieder/);
	await sound(page, "profile-data");
});
