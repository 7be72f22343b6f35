/** An instant as it stands in JSON: ISO 8601, or null where there is none. */
export const instantJson = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());
