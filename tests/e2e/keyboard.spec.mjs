/* Without a mouse, on a narrow phone, and with letters twice as large. */
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { close, file, made, notWider, opened, origin, pdf, person, png, secret, signIn, somebody,
	sound, activate, text } from "./lib.mjs";
import { join } from "node:path";

let teacher, pupil, task;
before(async () => {
	opened("tasks", "pupil,teacher");
	opened("news", "pupil,teacher,parent,staff,admin");
	teacher = await somebody("teacher", { family: "Prinz von Ratibor", given: "Ottokar", group: "8f" });
	pupil = await somebody("pupil", { given: "Maximilian Alexander",
		family: "Freiherr von Lüttwitz-Öhlenschläger", group: "8f" });
	await teacher.goto(`${origin}/tasks/new`);
	await teacher.fill("[name=title]", "Steckbrief einer ägyptischen Gottheit mit Donaudampfschifffahrtsgesellschaft");
	await teacher.selectOption("[name=group]", { label: "8f" });
	await teacher.fill("[name=body]", "Such dir eine Gottheit aus.\n\nhttps://museum.example/eine/sehr/lange/adresse/die/nirgends/umbricht/weil/sie/keine/luecke/hat.html");
	await teacher.setInputFiles("[name=material]", [
		file("Ein_sehr_langer_Dateiname_ohne_jede_Luecke_Arbeitsblatt_Version_12.pdf", pdf("Blatt")),
		file("Skizze.png", png)]);
	await teacher.click("main form .btn-primary");
	await teacher.waitForURL(/\/tasks\/\d+$/);
	task = new URL(teacher.url()).pathname;
	await pupil.goto(origin + task);
	await pupil.fill("[name=answer]", "Anubis, der Gott der Toten.");
	await pupil.click("text=/^Abgeben$/");
	await pupil.locator(".k-note.is-ok").first().waitFor();
});
after(close);

/* What has the focus: seen, marked, and not under a bar that sticks. */
const focus = (page) => page.evaluate(() => {
	const el = document.activeElement;
	if (!el || el === document.body) return null;
	let seen = el;
	/* a link or field may show its focus on the row or zone it fills */
	const style = (e) => getComputedStyle(e);
	const marked = (e) => style(e).outlineStyle !== "none" && parseFloat(style(e).outlineWidth) >= 2;
	for (let up = el, i = 0; up && i < 4 && !marked(seen); up = up.parentElement, i++) seen = up;
	const box = seen.getBoundingClientRect();
	const x = box.left + Math.min(box.width / 2, 20), y = box.top + Math.min(box.height / 2, 12);
	const top = document.elementFromPoint(x, y);
	return {
		what: `${el.tagName} ${el.getAttribute("aria-label") || el.name || el.textContent.trim().slice(0, 40)}`,
		marked: marked(seen),
		inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
		covered: Boolean(top) && !seen.contains(top) && !top.contains(seen) && style(top).position !== "static",
	};
});

async function tabThrough(page, most = 60) {
	const stops = [];
	for (let i = 0; i < most; i++) {
		await page.keyboard.press("Tab");
		const at = await focus(page);
		if (!at) break;
		assert.ok(at.marked && at.inside && !at.covered, `${page.url()}: ${JSON.stringify(at)}`);
		stops.push(at.what);
	}
	assert.ok(stops.length >= 4, stops.join());
	return stops;
}

test("the focus is always seen: pages of a pupil and a teacher, wide and narrow", async () => {
	for (const [page, paths] of [[pupil, ["/", "/tasks", task, "/profile"]], [teacher, ["/news/new", "/tasks/new", task]]])
		for (const width of [1440, 360]) {
			await page.setViewportSize({ width, height: 640 });
			for (const path of paths) {
				await page.goto(origin + path);
				await tabThrough(page);
			}
		}
	for (const page of [pupil, teacher]) await page.setViewportSize({ width: 1440, height: 900 });
});

test("skip link, then the menu of one's own account", async () => {
	await pupil.goto(`${origin}/`);
	await pupil.keyboard.press("Tab");
	assert.match((await focus(pupil)).what, /Zum Inhalt/);
	await pupil.keyboard.press("Enter");
	assert.equal(await pupil.evaluate(() => document.activeElement.id), "main");
	await pupil.focus("details.k-menu > summary");
	await pupil.keyboard.press("Enter");
	await pupil.locator("details.k-menu[open]").waitFor();
	await pupil.keyboard.press("Tab");
	assert.match((await focus(pupil)).what, /Mein Profil/);
	await pupil.keyboard.press("Escape");
	assert.equal(await pupil.locator("details.k-menu[open]").count(), 0);
	assert.equal(await pupil.evaluate(() => document.activeElement.tagName), "SUMMARY");
	await pupil.keyboard.press("Enter");
	await sound(pupil, "menu");
	for (let i = 0; i < 9; i++) await pupil.keyboard.press("Tab"); /* leaving it closes it */
	assert.equal(await pupil.locator("details.k-menu[open]").count(), 0);
});

test("the phone's bar: more by keyboard, and back", async () => {
	await pupil.setViewportSize({ width: 360, height: 740 });
	await pupil.goto(`${origin}/`);
	await pupil.focus(".k-bar a[href='#nav-all']");
	await pupil.keyboard.press("Enter");
	await pupil.locator("#nav-all a[href='/news']").waitFor();
	if (process.env.SHOTS) await pupil.screenshot({ path: join(process.env.SHOTS, "more-360.png") });
	await pupil.keyboard.press("Escape");
	assert.ok(!(await pupil.isVisible("#nav-all")));
	await pupil.keyboard.press("Enter");
	await pupil.focus("#nav-all a[href='/news']");
	await pupil.keyboard.press("Enter");
	await pupil.waitForURL("**/news");
	await pupil.setViewportSize({ width: 1440, height: 900 });
});

test("sign in, search and choose with keys alone", async () => {
	const { account, code } = made("admin", { given: "Tast", family: "Tatur" });
	const page = await person();
	await activate(page, code);
	await page.context().clearCookies();
	await page.goto(`${origin}/login`);
	await page.focus("[name=account]");
	await page.keyboard.type(account);
	await page.keyboard.press("Tab");
	await page.keyboard.type(secret);
	await page.keyboard.press("Enter");
	await page.waitForURL(`${origin}/`);
	await page.goto(`${origin}/people`);
	await page.focus("[name=q]");
	await page.keyboard.type("Yıldırım");
	await page.keyboard.press("Enter");
	await page.waitForURL(/q=Y/);
	await page.focus("tbody .k-c input >> nth=0");
	await page.keyboard.press("Space");
	assert.match(await text(page, ".k-bulk"), /1 ausgewählt/);
	await page.focus("tbody th a >> nth=0");
	await page.keyboard.press("Enter");
	await page.waitForURL(/\/people\/\d+$/);
	await page.focus("summary:has-text('In eine Gruppe')");
	await page.keyboard.press("Enter");
	await page.locator("select[name=group]").waitFor();
	await page.keyboard.press("Tab");
	await page.keyboard.type("Chor"); /* a list is chosen from by typing */
	await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	await page.locator(".k-note.is-ok").waitFor();
});

test("a file is looked at in a dialog that opens and closes by keyboard", async () => {
	await pupil.goto(origin + task);
	const eye = pupil.locator("a[data-view=image]");
	await eye.focus();
	await pupil.keyboard.press("Enter");
	await pupil.locator("dialog.k-viewer[open] img").waitFor();
	assert.ok(await pupil.evaluate(() => Boolean(document.activeElement.closest("dialog"))));
	await pupil.waitForTimeout(300);
	await sound(pupil, "viewer");
	await pupil.keyboard.press("Escape");
	assert.equal(await pupil.locator("dialog[open]").count(), 0);
	assert.ok(await eye.evaluate((e) => e === document.activeElement));
});

test("an answer is written and handed in with keys alone", async () => {
	await pupil.goto(origin + task);
	await pupil.focus("[name=answer]");
	await pupil.keyboard.press("Control+End");
	await pupil.keyboard.type(" Er hat den Kopf eines Schakals.");
	for (let i = 0; i < 4; i++) {
		await pupil.keyboard.press("Tab");
		if (/Abgeben/.test((await focus(pupil)).what)) break;
	}
	await Promise.all([pupil.waitForResponse(/submit$/), pupil.keyboard.press("Enter")]);
	await pupil.locator(".k-note.is-ok:has-text('Abgegeben')").first().waitFor();
	assert.match(await pupil.inputValue("[name=answer]"), /Schakals/);
	assert.ok(await pupil.evaluate(() => document.activeElement.closest("main") !== null));
});

test("320 pixels, and letters twice as large: nothing is cut off or scrolls sideways", async () => {
	const admin = await person();
	await signIn(admin, "admin");
	const parent = await somebody("parent");
	await teacher.goto(origin + task);
	await teacher.click("tbody a");
	const review = new URL(teacher.url()).pathname;
	const guest = await person();
	for (const [page, paths] of [
		[pupil, ["/", "/tasks", task, "/notices", "/profile", "/profile/password", "/tasks/calendar", "/gibt-es-nicht"]],
		[teacher, ["/", "/tasks", task, review, "/tasks/new", "/news", "/news/new"]],
		[admin, ["/", "/people?q=Freiherr", "/people/new", "/people/slips", "/modules",
			"/modules/open?module=tasks", "/import", "/news/all"]],
		[parent, ["/", "/news"]],
		[guest, ["/login", "/activate", "/signed-out"]],
	]) {
		/* the same person with the browser's letters at 200 % */
		const big = await person({ letters: "large" });
		await big.context().addCookies(await page.context().cookies());
		for (const path of paths)
			for (const [one, width] of [[page, 320], [big, 1280], [big, 640], [big, 360]]) {
				await one.setViewportSize({ width, height: 800 });
				await one.goto(origin + path);
				const name = `${one === big ? "large" : "narrow"}${path.replace(/\W+/g, "-")}${width}`;
				await notWider(one, name);
				if (process.env.SHOTS && page !== parent && width !== 640)
					await one.screenshot({ path: join(process.env.SHOTS, `${name}.png`), fullPage: true });
			}
		assert.equal(await big.evaluate(() => getComputedStyle(document.documentElement).fontSize), "32px");
		await big.context().close();
	}
});
