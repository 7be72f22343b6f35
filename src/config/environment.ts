import { AppError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Deeper than any setting; also ends an alias that contains itself. */
const DEPTH_MAX = 32;
const VARIABLE = /\$\{([^}]*)\}?/gu;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/u;

/** Puts the environment's values where strings name them as `${NAME}`. Names of settings are left alone. */
export const interpolate = (value: unknown, env: Environment, file: string, path: readonly string[] = []): unknown => {
  if (path.length > DEPTH_MAX) {
    throw new AppError('config', `${file}: ${path.slice(0, 3).join('.')} is nested too deeply. Write it flatter.`);
  }
  if (typeof value === 'string') {
    return value.replace(VARIABLE, (whole, name: string) => valueOf(whole, name, env, `${file}: ${path.join('.')}`));
  }
  if (Array.isArray(value)) return value.map((element, index) => interpolate(element, env, file, [...path, String(index)]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key === '__proto__') throw new AppError('config', `${file}: ${[...path, key].join('.')} is not a known setting.`);
      return [key, interpolate(inner, env, file, [...path, key])];
    }),
  );
};

/** The secret that a setting names, if it is nothing but one `${NAME}`: a literal is never a secret. */
export const secretOf = (written: unknown, env: Environment): Secret | undefined => {
  const name = typeof written === 'string' ? /^\$\{(\w+)\}$/u.exec(written)?.[1] : undefined;
  const value = name === undefined ? undefined : env[name];
  return value ? new Secret(value, name) : undefined;
};

const valueOf = (whole: string, name: string, env: Environment, where: string): string => {
  if (!whole.endsWith('}') || !NAME.test(name)) {
    throw new AppError('config', `${where} holds "\${" without a name and "}" behind it. Write it as \${NAME}.`);
  }
  const value = env[name];
  if (!value)
    throw new AppError('config', `${where} needs the environment variable ${name}, which is not set. Set it and try again.`);
  return value;
};
