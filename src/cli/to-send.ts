/** Texts that leave this machine to be embedded: how many, and where to. */
export interface ToSend {
  readonly chunks: number;
  readonly tokens: number;
  readonly host: string;
  readonly model: string;
  readonly dollars?: number;
}
