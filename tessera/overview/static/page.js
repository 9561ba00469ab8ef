// Buttons start runs through Airflow's own API, with the session of whoever looks: what that person may not do,
// Airflow refuses. A request carries JSON and goes to the same origin, so no other site can make one (the session's
// cookie is SameSite=Lax, and JSON from elsewhere needs a preflight that Airflow does not answer).
"use strict";

const base = document.body.dataset.base;
const airflow = document.body.dataset.airflow;
const said = document.getElementById("said");
const ended = new Set(["success", "failed"]);
const framed = window.parent !== window;

async function api(method, path, body) {
  const options = { method, headers: { Accept: "application/json" }, credentials: "same-origin" };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(`${base}/api/v2/${path}`, options);
  const text = await answer.text();
  let found = {};
  try { found = JSON.parse(text); } catch { /* an error page of a proxy: its status says enough */ }
  if (!answer.ok) throw new Error(refusal(answer.status, found.detail));
  return found;
}

function refusal(status, detail) {
  const words = { 401: "Your session has ended: log in again.", 403: "Your role does not allow this.", 404: "Airflow does not know it (yet).", 409: "It was done or answered already." };
  const why = typeof detail === "string" ? detail : detail ? JSON.stringify(detail.reason ?? detail) : "";
  return [words[status] ?? `Airflow refused (${status}).`, why].filter(Boolean).join(" ");
}

function say(kind, text, link) {
  const note = document.createElement("p");
  note.className = `note ${kind}`;
  note.textContent = text;
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link;
    anchor.textContent = "Open the run in Airflow";
    anchor.dataset.leave = "";
    note.append(" ", anchor);
  }
  said.replaceChildren(note);
  note.scrollIntoView({ block: "nearest" });
  return note;
}

function ask(button) {
  const dialog = document.getElementById("ask");
  document.getElementById("ask-title").textContent = button.dataset.title;
  document.getElementById("ask-text").textContent = button.dataset.text;
  const reason = document.getElementById("ask-reason");
  reason.value = button.dataset.reason;
  dialog.returnValue = "";
  dialog.showModal();
  reason.select();
  return new Promise((answered) => {
    dialog.addEventListener("close", () => answered(dialog.returnValue === "go" ? reason.value.trim() : null), { once: true });
  });
}

async function start(button) {
  const reason = await ask(button);
  if (reason === null) return;
  const dag = button.dataset.dag;
  button.disabled = true;
  try {
    const conf = { ...JSON.parse(button.dataset.conf), reason: reason || button.dataset.reason };
    const run = await api("POST", `dags/${dag}/dagRuns`, { logical_date: null, conf });
    await follow(dag, run);
  } catch (error) {
    say("bad", `Not started. ${error.message}`);
  } finally {
    button.disabled = false;
    button.focus();
  }
}

async function follow(dag, run) {
  const link = `${airflow}/dags/${dag}/runs/${encodeURIComponent(run.dag_run_id)}`;
  const path = `dags/${dag}/dagRuns/${encodeURIComponent(run.dag_run_id)}`;
  const note = say("", `Started ${dag} (${run.dag_run_id}): ${run.state}.`, link);
  note.dataset.run = run.dag_run_id;
  note.dataset.state = run.state;
  const known = await api("GET", `dags/${dag}`);
  if (known.is_paused) note.append(" The DAG is paused: the run waits until somebody lets it run.");
  watch(path, note);
}

async function watch(path, note) {
  for (let wait = 2000; note.isConnected && !ended.has(note.dataset.state); wait = Math.min(wait * 1.3, 15000)) {
    await new Promise((later) => setTimeout(later, wait));
    try {
      const run = await api("GET", path);
      if (run.state === note.dataset.state) continue;
      note.firstChild.textContent = `${run.dag_id} (${run.dag_run_id}): ${run.state}.` + (ended.has(run.state) ? " Reload to see what changed." : "");
      note.dataset.state = run.state;
      note.classList.toggle("bad", run.state === "failed");
    } catch { return; }
  }
}

async function approvals() {
  const section = document.getElementById("approvals");
  if (!section) return;
  try {
    const found = await api("GET", "dags/~/dagRuns/~/hitlDetails?response_received=false&dag_id_pattern=approve_promotion|_segments&limit=20");
    const waiting = found.hitl_details ?? [];
    section.querySelector("ul").replaceChildren(...waiting.map((one) => approval(one, Boolean(section.dataset.mayApprove))));
    section.hidden = waiting.length === 0;
  } catch { section.hidden = true; /* whoever may not read tasks has no approvals to answer */ }
}

function approval(one, allowed) {
  const item = document.createElement("li");
  const task = one.task_instance;
  const subject = document.createElement("strong");
  subject.textContent = one.subject;
  const body = document.createElement("div");
  body.className = "soft";
  body.textContent = one.body ?? "";
  item.append(subject, body);
  const path = `dags/${task.dag_id}/dagRuns/${encodeURIComponent(task.dag_run_id)}/taskInstances/${encodeURIComponent(task.task_id)}/${task.map_index ?? -1}/hitlDetails`;
  for (const option of one.options ?? []) item.append(answerButton(option, path, allowed, one.subject));
  return item;
}

function answerButton(option, path, allowed, subject) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = option;
  button.setAttribute("aria-label", `${option}: ${subject}`);
  button.disabled = !allowed;
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await api("PATCH", path, { chosen_options: [option], params_input: {} });
      say("", `Answered “${option}”.`);
    } catch (error) { say("bad", `Not answered. ${error.message}`); }
    approvals();
  });
  return button;
}

// Airflow shows the page in a frame that may neither leave for another page nor open a window; its own document may.
function leave(event) {
  const anchor = event.target.closest("a[data-leave]");
  if (!anchor || !framed || event.defaultPrevented) return;
  event.preventDefault();
  const outside = window.parent.document.createElement("a");
  Object.assign(outside, { href: anchor.href, target: "_blank", rel: "noopener" });
  window.parent.document.body.append(outside);
  outside.click();
  outside.remove();
}

function theme() {
  const root = window.parent.document.documentElement;
  const mode = ["dark", "light"].find((name) => root.classList.contains(name) || root.dataset.theme === name);
  if (mode) document.documentElement.dataset.theme = mode;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-dag]");
  if (button) start(button);
  else leave(event);
});
if (framed) {
  theme();
  new MutationObserver(theme).observe(window.parent.document.documentElement, { attributes: true });
}
approvals();
