// Puts a button beside each example that copies it. Without the script the page is whole.
const said = document.createElement("p");
said.setAttribute("role", "status");
said.className = "said";
document.body.append(said);

async function copy(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    // Without TLS, browsers have no clipboard for scripts: the example is selected, to be copied by hand.
    getSelection().selectAllChildren(code);
    return document.execCommand("copy");
  }
}

for (const code of document.querySelectorAll("pre > code")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    button.textContent = said.textContent = (await copy(code)) ? "Copied" : "Selected: press Ctrl-C";
    setTimeout(() => {
      button.textContent = "Copy";
      said.textContent = "";
    }, 3000);
  });
  code.parentElement.before(button);
}
