// Hands what the server has signed to Amazon's button script, unchanged.
for (const place of document.querySelectorAll("[data-button]")) {
  amazon.Pay.renderButton("#" + place.id, JSON.parse(place.dataset.button));
}
