// Uploads a file with the npm client tus-js-client, breaks off in the middle, and goes on: node tus.mjs URL TOKEN PATIENT
import { Upload } from 'tus-js-client';

const [url, token, patientId] = process.argv.slice(2);
const bytes = Buffer.from(Array.from({ length: 700000 }, (_, n) => `${String(n % 100000).padStart(7, '0')}\n`).join(''));

/** Starts or resumes an upload; gives it up after `most` bytes. */
function upload(previous, most) {
  return new Promise((resolve, reject) => {
    const upload = new Upload(bytes, {
      endpoint: url,
      uploadUrl: previous,
      chunkSize: 1500000,
      retryDelays: [0, 100, 500, 1000],
      headers: { authorization: `Bearer ${token}` },
      metadata: { filename: 'from the client.txt', patientId },
      onError: reject,
      onSuccess: () => resolve(upload.url),
      onChunkComplete: (_, accepted) => {
        if (accepted >= most) {
          upload.abort().then(() => resolve(upload.url), reject);
        }
      },
    });
    upload.start();
  });
}

const begun = await upload(null, 2000000);
const ended = await upload(begun, Infinity);
if (begun !== ended) throw new Error('the upload began anew');
const head = await fetch(ended, { method: 'HEAD', headers: { authorization: `Bearer ${token}`, 'tus-resumable': '1.0.0' } });
if (head.headers.get('upload-offset') !== String(bytes.length)) throw new Error('the file is not whole');
await Upload.terminate(ended, { headers: { authorization: `Bearer ${token}` } });
console.log(`sent ${bytes.length} bytes in two goes`);
