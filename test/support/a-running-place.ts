import { type APlace, aPlace, synced } from './a-place.ts';
import { type ARunningServer, aRunningServer } from './a-running-server.ts';
import { LINES } from './a-served-place.ts';

/** What two people may see, read and served over HTTP by the program itself. */
export interface ARunningPlace extends APlace, Omit<ARunningServer, 'close'> {}

export const aRunningPlace = async (): Promise<ARunningPlace> => {
  const place = await synced(await aPlace(LINES));
  const server = await aRunningServer(place);
  return {
    ...place,
    ...server,
    remove: async () => {
      await server.close();
      await place.remove();
    },
  };
};
