// The pages that mail links open: one form each, sent as JSON together with the
// token from the address's fragment. Opening a link changes nothing by itself.
"use strict";

const form = document.querySelector("form");
const output = form.querySelector("output");
const token = new URLSearchParams(location.hash.slice(1)).get("token");
// The token leaves the address bar and the history as soon as it is read.
history.replaceState(null, "", location.pathname);

function say(text, failed) {
  output.textContent = text;
  output.className = failed ? "failed" : "";
}

async function send(event) {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const body = { token, ...Object.fromEntries(new FormData(form)) };
    const answer = await fetch(form.dataset.action, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.ok) {
      say(form.dataset.done);
      return;
    }
    const problem = await answer.json();
    const fields = (problem.fields ?? []).map((f) => f.message);
    say([problem.detail, ...fields].join(" "), true);
  } catch {
    say("The server does not answer. Try again in a moment.", true);
  }
  button.disabled = false;
}

form.addEventListener("submit", send);
if (!token) {
  say("This link is not complete. Open it again from the message.", true);
}
