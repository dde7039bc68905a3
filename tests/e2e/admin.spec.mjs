/* The office and the administrators: people, codes and slips, access, modules by policy. */
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { close, get, made, opened, origin, person, signIn, somebody, sound,
	text } from "./lib.mjs";

let admin;
before(async () => {
	admin = await person();
	await signIn(admin, "admin");
});
after(close);

const rows = (page) => page.locator("tbody tr").count();
const long = { given: "Maximilian Alexander", family: "Freiherr von Lüttwitz-Öhlenschläger" };
const note = (page, words) => page.locator(`.k-note.is-ok:has-text("${words}")`).waitFor();

test("the list of people: search, filters, pages, nobody found, CSV", async () => {
	const { account } = made("pupil", { ...long, group: "9c" });
	await admin.goto(`${origin}/people`);
	await sound(admin, "people");
	assert.equal(await rows(admin), 50);
	const first = await text(admin, "tbody tr");
	await admin.click("text=Nächste Seite");
	await admin.waitForURL(/after=\d/);
	assert.notEqual(await text(admin, "tbody tr"), first);
	await admin.click("text=Zum Anfang");
	await admin.waitForURL((u) => !/after=\d/.test(u.search));
	assert.equal(await text(admin, "tbody tr"), first);

	await admin.fill("[name=q]", "luettwitz maximilian");
	await admin.press("[name=q]", "Enter");
	await admin.waitForURL(/q=/);
	await admin.locator(`tbody .k-mono:text-is("${account}")`).waitFor();
	await admin.fill("[name=q]", "Lüttwitz");
	await admin.selectOption("[name=group]", { label: "9c" });
	await admin.click(".k-filters .btn");
	await admin.locator(`tbody .k-mono:text-is("${account}")`).waitFor();
	await sound(admin, "people-found");
	await admin.selectOption("[name=role]", "teacher");
	await admin.click(".k-filters .btn");
	await admin.locator(".k-empty").waitFor();
	await sound(admin, "people-none");
	await admin.click("text=Filter entfernen");
	await admin.selectOption("[name=state]", "locked");
	await admin.click(".k-filters .btn");
	await admin.waitForURL(/state=locked/);

	await admin.goto(`${origin}/people?group=&role=staff`);
	const n = await rows(admin);
	const [file] = await Promise.all([admin.waitForEvent("download"), admin.click(".k-head a[download]")]);
	const csv = readFileSync(await file.path(), "utf8");
	assert.ok(csv.startsWith("\ufeff\"Nachname\";\"Vorname\";\"Benutzername\""), csv.slice(0, 80));
	assert.equal(csv.trim().split("\r\n").length, n + 1);
});

test("somebody new with a long name, and the slip for the printer", async () => {
	await admin.goto(`${origin}/people/new`);
	await sound(admin, "people-new");
	await admin.fill("[name=given]", long.given);
	await admin.fill("[name=family]", long.family);
	await admin.selectOption("[name=role]", "parent");
	await admin.fill("[name=child]", "gibt.es.nicht");
	await admin.click("main form .btn-primary");
	assert.match(await text(admin, ".k-bad .k-err"), /keine Schülerin und kein Schüler/);
	assert.equal(await admin.inputValue("[name=family]"), long.family);
	await sound(admin, "people-new-refused");
	await admin.fill("[name=child]", "schueler");
	await admin.click("main form .btn-primary");
	await admin.locator(".k-slip").waitFor();
	const code = await text(admin, ".k-slip .k-code");
	assert.match(code, /^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/);
	await sound(admin, "slip");
	await admin.emulateMedia({ media: "print" });
	assert.ok(!(await admin.isVisible(".k-top")) && !(await admin.isVisible(".k-nav")));
	assert.ok(!(await admin.isVisible(".k-head")) && (await admin.isVisible(".k-slip")));
	if (process.env.SHOTS)
		await admin.screenshot({ path: `${process.env.SHOTS}/slip-print.png` });
	await admin.emulateMedia({ media: null });
	await admin.reload(); /* a code is shown once */
	assert.ok(!(await admin.content()).includes(code));
	const parent = await person();
	await parent.goto(`${origin}/activate`);
	await parent.fill("[name=code]", code);
	await parent.click("main form .btn-primary");
	assert.match(await text(parent, "h1"), /Willkommen, Maximilian Alexander/);
	await sound(parent, "welcome-long");
});

test("slips for a whole class, and for those who are ticked", async () => {
	await admin.goto(`${origin}/people/slips`);
	await sound(admin, "slips-pick");
	await admin.selectOption("[name=group]", { label: "5h" });
	await admin.click(".k-filters .btn");
	await admin.locator("#who").waitFor();
	await sound(admin, "slips-class");
	await admin.click("main form[method=post] .btn-primary");
	await admin.locator(".k-slip").first().waitFor();
	assert.ok((await admin.locator(".k-slip").count()) > 15);
	await sound(admin, "slips");
	await admin.emulateMedia({ media: "print" });
	const paper = await admin.pdf({ preferCSSPageSize: true });
	const sheets = paper.toString("latin1").match(/\/Type\s*\/Page\b/g).length;
	assert.equal(sheets, Math.ceil((await admin.locator(".k-slip").count()) / 8));
	await admin.emulateMedia({ media: null });

	await admin.goto(`${origin}/people?role=teacher`);
	assert.ok(!(await admin.isVisible(".k-bulk")));
	await admin.check("tbody .k-c input >> nth=1");
	await admin.click("tbody .k-c input >> nth=4", { modifiers: ["Shift"] });
	assert.match(await text(admin, ".k-bulk"), /4 ausgewählt/);
	await sound(admin, "people-chosen");
	await admin.click(".k-bulk button[type=submit]");
	await admin.waitForURL(/\/people\/slips\?people=/);
	assert.match(await text(admin, "#who"), /Für 4 Personen/);
	await sound(admin, "slips-chosen");
});

test("a new code ends the old password; locked, the session ends at once; undo", async () => {
	const pupil = await somebody("pupil", { given: "Till", group: "9c" });
	await admin.goto(`${origin}/people?q=${pupil.who.account}`);
	await admin.click("tbody th a");
	const id = admin.url().match(/\d+$/)[0];
	await sound(admin, "person");
	await pupil.goto(`${origin}/notices`);
	await pupil.waitForTimeout(1200);
	await admin.click("button:has-text('Konto sperren')");
	await note(admin, "Das Konto ist gesperrt.");
	await sound(admin, "person-locked");
	await pupil.locator(".k-note.k-stay").waitFor({ timeout: 6000 });
	assert.equal((await get(pupil, "/")).status, 302);
	await admin.click(".k-note button:has-text('Rückgängig')");
	await note(admin, "Die Sperre ist aufgehoben.");

	await admin.click("a:has-text('Neuer Code')");
	await sound(admin, "person-code");
	await admin.click("main form .btn-primary");
	await admin.locator(".k-slip").waitFor();
	await pupil.goto(`${origin}/login`);
	await pupil.fill("[name=account]", pupil.who.account);
	await pupil.fill("[name=password]", "Tafel-und-Kreide-7b");
	await pupil.click("main form .btn-primary");
	assert.match(await text(pupil, "[role=alert]"), /stimmt nicht/);

	await admin.goto(`${origin}/people/${id}`);
	await admin.click("button:has-text('Hat die Schule verlassen')");
	await note(admin, "ausgeschieden");
	await sound(admin, "person-left");
	await admin.click("button:has-text('Zurückholen')");
	await note(admin, "Zurückgeholt");
});

test("groups, children and roles of a person", async () => {
	const parent = await somebody("parent", { given: "Roja", family: "Kılıç" });
	await admin.goto(`${origin}/people?q=${parent.who.account}`);
	await admin.click("tbody th a");
	const here = admin.url();
	await admin.click("summary:has-text('In eine Gruppe aufnehmen')");
	await admin.selectOption("[name=group]", { label: "Chor" });
	await admin.click("button:has-text('Aufnehmen')");
	await note(admin, "In die Gruppe aufgenommen.");
	await admin.click("summary:has-text('Kind zuordnen')");
	await admin.fill("[name=child]", "schueler");
	await admin.click("form[action$='/child'] button");
	await note(admin, "Das Kind ist zugeordnet.");
	await sound(admin, "person-parent");
	await admin.click("button[aria-label='Aus Chor entfernen']");
	await note(admin, "Aus der Gruppe entfernt.");
	await admin.goto(`${here}/edit`);
	await sound(admin, "person-edit");
	await admin.uncheck("[name=parent]");
	await admin.click("main form .btn-primary");
	await admin.locator(".k-note.is-due:has-text('mindestens eine Rolle')").waitFor();
	await admin.check("[name=staff]");
	await admin.click("main form .btn-primary");
	await note(admin, "Geändert.");
	await parent.goto(`${origin}/people`); /* at the very next request */
	assert.match(await text(parent, "h1"), /Personen/);
	assert.equal(await parent.locator("a:has-text('Person anlegen')").count(), 0);
	await sound(parent, "people-office");
});

test("a module: refused without a reason, closed, brought back, opened anew", async () => {
	opened("news", "pupil,teacher,parent,staff,admin");
	const pupil = await somebody("pupil", { group: "9c" });
	await admin.goto(`${origin}/modules`);
	await sound(admin, "modules");
	await admin.click("a.k-t:text-is('News')");
	await sound(admin, "module-open");
	for (const role of ["pupil", "teacher", "parent", "staff", "admin"])
		await admin.uncheck(`[name=${role}]`);
	await admin.fill("[name=decision]", "Testbeschluss");
	await admin.click("form[action='/modules/open'] .btn-primary");
	await admin.locator(".k-note.is-due:has-text('mindestens eine Rolle')").waitFor();
	assert.equal(await admin.inputValue("[name=decision]"), "Testbeschluss");
	await admin.check("[name=pupil]");
	await admin.fill("[name=from]", "2027-02-01");
	await admin.fill("[name=until]", "2027-01-01");
	await admin.click("form[action='/modules/open'] .btn-primary");
	assert.match(await text(admin, ".k-bad .k-err"), /Ende liegt vor dem Anfang/);
	assert.ok(await admin.isChecked("[name=pupil]"));
	await sound(admin, "module-refused");

	await admin.goto(`${origin}/modules/open?module=news`);
	await admin.click("form[action='/modules/close'] button");
	await note(admin, "Das Modul ist geschlossen.");
	await sound(admin, "module-closed");
	assert.equal((await get(pupil, "/news")).status, 404);
	await pupil.goto(`${origin}/`);
	assert.equal(await pupil.locator("nav a[href='/news']").count(), 0);
	await sound(pupil, "start-nothing");
	await admin.click(".k-note button:has-text('Rückgängig')");
	await note(admin, "Das Modul ist geöffnet.");
	assert.equal((await get(pupil, "/news")).status, 200);

	/* for a class only, and from a day on */
	await admin.goto(`${origin}/modules/open?module=news`);
	await admin.uncheck("[name=pupil]");
	await admin.click("summary:has-text('einzelne Klassen')");
	await admin.getByLabel("9c", { exact: true }).check();
	await admin.click("form[action='/modules/open'] .btn-primary");
	await admin.waitForURL(`${origin}/modules`);
	assert.equal((await get(pupil, "/news")).status, 200);
	const stranger = await somebody("pupil", { group: "9d" });
	assert.equal((await get(stranger, "/news")).status, 404);
	await sound(admin, "modules-groups");
	opened("news", "pupil,teacher,parent,staff,admin");
});

test("who may not, does not", async () => {
	const teacher = await somebody("teacher");
	for (const path of ["/people", "/people/1", "/people/new", "/people/slips", "/modules", "/import"])
		assert.equal((await get(teacher, path)).status, 403, path);
});
