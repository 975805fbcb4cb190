using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Reads what providers export: a file, or a folder of files such as the pages of an interface. Recognizes the format by its content.</summary>
internal static class BillFile
{
    public const string Formats = "OpenAI usage or costs (JSON, CSV), Anthropic usage or cost reports (JSON), Azure cost details, AWS cost and usage reports, FOCUS (CSV), OpenRouter activity, LiteLLM spend logs (JSON)";

    /// <exception cref="InvalidDataException">The bill cannot be read; the message says where and why.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static async Task ReadAsync(string path, BillSums sums, BillItems items, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
        {
            string[] files = [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(file => !Path.GetFileName(file).StartsWith('.')).Order(StringComparer.Ordinal)];
            foreach (string file in files)
            {
                await ReadAsync(file, sums, items, cancellationToken);
            }

            _ = files.Length > 0 ? 0 : throw new BillPlace(path, 0).Fault("the folder has no file.");
            return;
        }

        await using FileStream opened = File.OpenRead(path);
        await using Stream content = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(opened, CompressionMode.Decompress) : opened;
        await ReadAsync(content, path, sums, items, cancellationToken);
    }

    /// <exception cref="InvalidDataException">The bill cannot be read; the message says where and why.</exception>
    public static async Task ReadAsync(Stream content, string name, BillSums sums, BillItems items, CancellationToken cancellationToken)
    {
        var place = new BillPlace(name, 0);
        await using var buffered = new BufferedStream(content, 64 * 1024);
        try
        {
            (char first, Stream whole) = await BeginAsync(buffered, cancellationToken);
            if (first is '{' or '[')
            {
                // A list is read item by item, and so are documents that follow each other: the lines of a log, or pages.
                await foreach (JsonElement document in JsonSerializer.DeserializeAsyncEnumerable<JsonElement>(whole, topLevelValues: first == '{', cancellationToken: cancellationToken))
                {
                    JsonBill.Read(document, sums, items, place);
                }
            }
            else if (first == '\0')
            {
                throw place.Fault("the file is empty.");
            }
            else
            {
                using var text = new StreamReader(whole, Encoding.UTF8);
                using var table = new BillTable(text, name);
                TableBill.Read(table, sums, items);
            }
        }
        catch (JsonException exception)
        {
            throw new BillPlace(name, exception.LineNumber + 1 ?? 0).Fault("the JSON is invalid or cut off.", exception);
        }
        catch (InvalidDataException exception) when (!exception.Message.StartsWith(name, StringComparison.Ordinal))
        {
            throw place.Fault($"the file cannot be unpacked: {exception.Message}", exception);
        }
    }

    /// <summary>Returns the first character that is no white space, and the stream from there.</summary>
    private static async Task<(char First, Stream Whole)> BeginAsync(Stream content, CancellationToken cancellationToken)
    {
        byte[] begin = new byte[4096];
        int length = await content.ReadAtLeastAsync(begin, begin.Length, throwOnEndOfStream: false, cancellationToken);
        int start = begin.AsSpan(0, length).StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? 3 : 0;
        while (start < length && begin[start] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            start++;
        }

        return (start < length ? (char)begin[start] : '\0', new PrefixedStream(begin.AsMemory(start, length - start), content));
    }
}
