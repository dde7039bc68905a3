/* The one script of Kreide. Every page works without it; each module makes something nicer. */
import { startPage } from "./page.js";
import "./toast.js";
import "./files.js";
import "./forms.js";
import "./drafts.js";
import "./live.js";
import "./session.js";
import "./arrange.js";
import "./send.js";
import "./ui.js";
import "./viewer.js";

startPage();
