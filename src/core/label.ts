/**
 * A label as it is compared: whoever writes it in another case, with other spaces, in another Unicode form or with characters
 * nobody sees writes the same label. Empty for what has nothing to compare.
 */
export const labelKey = (label: string): string => folded(folded(label));

/** Twice, because what is taken out or changed in case can open the way to another composition. */
const folded = (label: string): string =>
  label.replace(UNSEEN, '').normalize('NFKC').toLowerCase().toUpperCase().normalize('NFKC').replace(/\s+/gu, ' ').trim();

const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cf}]+/gu;
