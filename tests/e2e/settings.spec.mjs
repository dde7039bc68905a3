/* What a school may set, and the warning before a session ends. */
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { close, home, kreide, opened, origin, person, signIn, somebody, sound,
	text } from "./lib.mjs";

let admin;
before(async () => {
	admin = await person();
	await signIn(admin, "admin");
	opened("tasks", "pupil,teacher");
});
after(async () => {
	kreide("module", "set", "tasks", "max_files", "10");
	kreide("module", "set", "tasks", "late", "1");
	await close();
});

const sql = (statement) =>
	execFileSync("mariadb", ["--no-defaults", `--socket=${join(home, "run/mysql.sock")}`, "kreide",
		"--execute", statement]);
/* As if nobody had done anything for so many minutes. */
const idle = (page, minutes) =>
	sql(`UPDATE core_session SET seen = NOW(6) - INTERVAL ${minutes} MINUTE
		WHERE person_id = (SELECT id FROM core_person WHERE account = '${page.who.account}')`);
/* A computer that wakes up looks at once. */
const wake = (page) => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
const warning = (page) => page.locator(".k-note.k-stay");

test("settings of a module: found, refused with the field named, saved, in force", async () => {
	await admin.goto(`${origin}/modules`);
	await sound(admin, "modules");
	await admin.click("main a:has-text('Aufgaben')");
	await sound(admin, "module-with-settings");
	await admin.click("main a:has-text('Einstellungen')");
	await sound(admin, "settings");
	assert.match(await text(admin), /Vorgabe: 10\./);
	const files = "[name='tasks.max_files']", late = "[name='tasks.late']";
	await admin.locator("main form").first().evaluate((form) => (form.noValidate = true));
	await admin.fill(files, "99");
	await admin.uncheck(late);
	await admin.click("main .btn-primary");
	await admin.locator(".k-bad .k-err").waitFor();
	assert.match(await text(admin, ".k-bad .k-err"), /1–20/);
	assert.match(await text(admin, ".k-note.is-due"), /Dateien je Abgabe/);
	assert.equal(await admin.inputValue(files), "99");
	assert.equal(await admin.isChecked(late), false);
	await sound(admin, "settings-refused");
	await admin.fill(files, "3");
	await admin.click("main .btn-primary");
	await admin.locator(".k-note.is-ok:has-text('gespeichert')").waitFor();
	assert.match(admin.url(), /\/modules\/open\?module=tasks$/);

	const teacher = await person();
	await signIn(teacher, "lehrerin");
	await teacher.goto(`${origin}/tasks/new`);
	await teacher.fill("[name=title]", "Einstellungsprobe");
	await teacher.fill("[name=body]", "Zwei Sätze genügen.");
	await teacher.selectOption("[name=group]", { label: "7b" });
	await teacher.fill("[name=due]", "2031-01-20T18:00");
	await teacher.click("main form .btn-primary");
	await teacher.waitForURL(/\/tasks\/\d+$/);
	const pupil = await person({ width: 360 });
	await signIn(pupil, "schueler");
	await pupil.goto(teacher.url());
	assert.match(await text(pupil, ".k-drop"), /3 Dateien/);
	assert.match(await text(pupil, ".k-sticky"), /Danach wird nichts mehr angenommen/);
	await sound(pupil, "task-last-call");
	sql("UPDATE tasks_task SET due = NOW(6) - INTERVAL 1 HOUR WHERE title = 'Einstellungsprobe'");
	await pupil.fill("[name=answer]", "Zu spät, aber geschrieben.");
	await pupil.click("main form .btn-primary");
	await pupil.locator(".k-note.is-due:has-text('Die Frist ist vorbei')").waitFor();
	assert.equal(await pupil.inputValue("[name=answer]"), "Zu spät, aber geschrieben.");
	await sound(pupil, "task-too-late-kept");
	await pupil.goto(pupil.url().replace(/\/submit$/, ""));
	assert.equal(await pupil.locator("textarea").count(), 0);
	await sound(pupil, "task-too-late");
});

test("Kreide's own settings, by keyboard and without JavaScript", async () => {
	const page = await person({ js: false, width: 360 });
	await signIn(page, "admin");
	await page.goto(`${origin}/modules`);
	await page.focus("a:has-text('Kreide selbst: Einstellungen')");
	await page.keyboard.press("Enter");
	await page.waitForURL(/module=core/);
	await page.fill("[name='core.session_hours']", "11");
	await page.press("[name='core.session_hours']", "Enter");
	await page.locator(".k-note.is-ok").waitFor();
	assert.match(kreide("module", "settings", "core"), /core\.session_hours\s+11 /);
	kreide("module", "set", "core", "session_hours", "12");
	await admin.goto(`${origin}/modules/settings?module=core`);
	await sound(admin, "settings-core");
});

test("a session warns before it ends, in every tab, and goes on by one button", async () => {
	const page = await somebody("teacher");
	await page.goto(`${origin}/profile`);
	const other = await page.context().newPage();
	await other.goto(`${origin}/profile`);
	await page.bringToFront();
	await wake(page);
	await page.waitForTimeout(300);
	assert.equal(await warning(page).count(), 0);

	idle(page, 26);
	await wake(page);
	await warning(page).waitFor();
	assert.match(await text(page, ".k-note.k-stay"), /Sind Sie noch da\? In 4 Minuten/);
	await sound(page, "session-warning");
	await wake(other);
	await warning(other).waitFor();
	await page.focus("#f1-lang");
	await page.locator(".k-stay button:has-text('Angemeldet bleiben')").click();
	await warning(page).waitFor({ state: "detached" });
	await page.locator("#k-say:has-text('Sie bleiben angemeldet')").waitFor({ state: "attached" });
	assert.equal(await page.evaluate(() => document.activeElement.id), "f1-lang");
	await page.waitForTimeout(300);
	await wake(other);
	await warning(other).waitFor({ state: "detached" });

	/* the last end cannot be put off */
	sql(`UPDATE core_session SET created = NOW(6) - INTERVAL 717 MINUTE
		WHERE person_id = (SELECT id FROM core_person WHERE account = '${page.who.account}')`);
	await wake(page);
	await warning(page).waitFor();
	assert.match(await text(page, ".k-note.k-stay"), /In 3 Minuten endet Ihre Anmeldung/);
	assert.equal(await page.locator(".k-stay button").count(), 0);

	/* and when it is over, the page says so and stays */
	idle(page, 31);
	await wake(page);
	await page.locator(".k-stay a[href^='/login']").waitFor();
	assert.equal(await warning(page).count(), 1);
});

test("the timer asks by itself, and what pages ask by themselves does not keep a session", async () => {
	const page = await person();
	await page.clock.install();
	page.who = { account: "lehrerin" };
	await signIn(page, "lehrerin");
	await page.goto(`${origin}/profile`);
	idle(page, 27);
	await page.clock.fastForward("25:05");
	await warning(page).waitFor();
	assert.match(await text(page, ".k-note.k-stay"), /In 3 Minuten/);
});
