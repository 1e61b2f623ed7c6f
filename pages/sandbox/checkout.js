// Stands in for Amazon's button script: takes the documented arguments, and sends them to the local pages as they are.
(() => {
  const origin = new URL(document.currentScript.src).origin;
  const renderButton = (selector, settings) => {
    const config = settings.createCheckoutSessionConfig || settings.signInConfig;
    const form = document.createElement("form");
    form.method = "post";
    form.action = origin + (settings.productType === "SignIn" ? "/sign-in" : "/wallet");
    const { merchantId, ledgerCurrency, sandbox = "" } = settings;
    const publicKeyId = config.publicKeyId || settings.publicKeyId;
    for (const [name, value] of Object.entries({ merchantId, ledgerCurrency, sandbox, ...config, publicKeyId })) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name, value });
      form.append(field);
    }
    const button = document.createElement("button");
    button.textContent = settings.productType === "SignIn" ? "Sign in with Amazon (simulated)" : "Amazon Pay (simulated)";
    form.append(button);
    document.querySelector(selector).append(form);
  };
  window.amazon = { Pay: { renderButton } };
})();
