/** A number with a unit, in a form. */
import { html } from "../html.js";

export const timeUnits = { seconds: 1000, minutes: 60_000, hours: 3_600_000, days: 86_400_000 };
export const sizeUnits = { bytes: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/**
 * @param {object} properties
 * @param {string} properties.name of the field; its unit is the field `NAMEUnit`
 * @param {string} properties.label
 * @param {string} properties.none what nothing given means
 * @param {Readonly<Record<string, number>>} properties.units
 * @param {string} properties.unit chosen at first
 */
export function Amount({ name, label, none, units, unit }) {
  return html`
    <div class="field">
      <label for=${`amount-${name}`}>${label}</label>
      <span class="amount">
        <input id=${`amount-${name}`} name=${name} type="number" min="1" step="any" placeholder=${none} />
        <select name=${`${name}Unit`} aria-label=${`Unit of ${label.toLowerCase()}`}>
          ${Object.keys(units).map((one) => html`<option key=${one} value=${one} selected=${one === unit}>${one}</option>`)}
        </select>
      </span>
    </div>
  `;
}

/**
 * @param {FormData} form
 * @param {string} name
 * @param {Readonly<Record<string, number>>} units
 * @returns {number | undefined} undefined when nothing was given
 */
export function amountIn(form, name, units) {
  const count = form.get(name);
  if (count === null || count === "") return undefined;
  return Math.round(Number(count) * (units[String(form.get(`${name}Unit`))] ?? 1));
}
