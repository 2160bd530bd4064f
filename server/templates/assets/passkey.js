// Asks a security key, and sends its answer with the form around the button. Without scripts the form
// stays hidden and one-time codes serve.

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const known = (form) =>
  (form.dataset.credentials ?? "").split(" ").filter(Boolean)
    .map((id) => ({ type: "public-key", id: bytes(id) }));

const get = async (form) => {
  const found = await navigator.credentials.get({ publicKey: {
    challenge: bytes(form.dataset.challenge), rpId: form.dataset.host,
    allowCredentials: known(form), userVerification: "discouraged", timeout: 120000,
  } });
  return {
    credential: text(found.rawId), client_data: text(found.response.clientDataJSON),
    authenticator: text(found.response.authenticatorData), signature: text(found.response.signature),
  };
};

const create = async (form) => {
  const account = form.dataset.account;
  const made = await navigator.credentials.create({ publicKey: {
    challenge: bytes(form.dataset.challenge),
    rp: { id: form.dataset.host, name: "Hattama" },
    user: { id: new TextEncoder().encode(account), name: account, displayName: account },
    pubKeyCredParams: [{ type: "public-key", alg: -7 }],
    attestation: "none", excludeCredentials: known(form),
    authenticatorSelection: { residentKey: "discouraged", userVerification: "discouraged" },
    timeout: 120000,
  } });
  return {
    client_data: text(made.response.clientDataJSON),
    attestation: text(made.response.attestationObject),
  };
};

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-key]")) {
    form.hidden = false;
    form.querySelector("[data-key-button]").addEventListener("click", async () => {
      if (!form.reportValidity()) return;
      const failed = form.querySelector("[data-key-failed]");
      failed.hidden = true;
      try {
        const answer = await (form.dataset.key === "create" ? create(form) : get(form));
        for (const [name, value] of Object.entries(answer)) {
          const field = document.createElement("input");
          field.type = "hidden";
          field.name = name;
          field.value = value;
          form.append(field);
        }
        form.submit();
      } catch {
        failed.hidden = false;
      }
    });
  }
}
