using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Reads what providers export: a file, or a folder of files such as the pages of an interface. Recognizes packing, encoding and format by the content.</summary>
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

        if (!sums.Files.Add(Path.GetFullPath(path)))
        {
            throw new BillPlace(path, 0).Fault("the file is given twice, so its lines would count twice.");
        }

        InputFile.Check(path);
        await using FileStream opened = File.OpenRead(path);
        string? content = null;
        if (opened.CanSeek)
        {
            content = Convert.ToHexString(await SHA256.HashDataAsync(opened, cancellationToken));
            opened.Position = 0;
            if (sums.Contents.TryGetValue(content, out string? same))
            {
                throw new BillPlace(path, 0).Fault($"the file has the same content as {same}, so its lines would count twice.");
            }
        }

        long lines = sums.Lines;
        await ReadAsync(opened, path, sums, items, cancellationToken);
        if (content is not null && sums.Lines > lines)
        {
            sums.Contents.Add(content, path);
        }
    }

    /// <exception cref="InvalidDataException">The bill cannot be read; the message says where and why.</exception>
    public static async Task ReadAsync(Stream content, string name, BillSums sums, BillItems items, CancellationToken cancellationToken)
    {
        var place = new BillPlace(name, 0);
        try
        {
            byte[] begin = new byte[4096];
            int length = await content.ReadAtLeastAsync(begin, begin.Length, throwOnEndOfStream: false, cancellationToken);
            var whole = new PrefixedStream(begin.AsMemory(0, length), content);
            if (begin is [0x1F, 0x8B, ..])
            {
                await using var unpacked = new UnpackedStream(whole);
                await ReadAsync(unpacked, name, sums, items, cancellationToken);
            }
            else if (begin is [(byte)'P', (byte)'K', 3, 4, ..] or [(byte)'P', (byte)'K', 5, 6, ..])
            {
                await ReadArchiveAsync(content, place, sums, items, cancellationToken);
            }
            else if (begin is [(byte)'P', (byte)'A', (byte)'R', (byte)'1', ..])
            {
                throw place.Fault("the file is in the format Parquet. Export it as CSV or JSON.");
            }
            else if (WideEncoding(begin.AsSpan(0, length)) is { } encoding)
            {
                await using Stream text = Encoding.CreateTranscodingStream(whole, encoding, Encoding.UTF8);
                await ReadTextAsync(text, place, sums, items, cancellationToken);
            }
            else
            {
                await ReadTextAsync(whole, place, sums, items, cancellationToken);
            }
        }
        catch (JsonException exception)
        {
            throw new BillPlace(name, exception.LineNumber + 1 ?? 0).Fault("the JSON is invalid or cut off.", exception);
        }
        catch (InvalidDataException exception) when (!exception.Message.StartsWith(name, StringComparison.Ordinal))
        {
            throw place.Fault($"the file cannot be unpacked, and may be cut off: {exception.Message}", exception);
        }
    }

    private static async Task ReadArchiveAsync(Stream content, BillPlace place, BillSums sums, BillItems items, CancellationToken cancellationToken)
    {
        if (!content.CanSeek)
        {
            throw place.Fault("the file is an archive within another. Unpack it first.");
        }

        content.Position = 0;
        await using var archive = new ZipArchive(content, ZipArchiveMode.Read, leaveOpen: true);
        if (archive.GetEntry("xl/workbook.xml") is not null)
        {
            throw place.Fault("the file is a workbook of a spreadsheet. Take the provider's own export, without opening and saving it in a spreadsheet.");
        }

        ZipArchiveEntry[] entries =
        [
            .. archive.Entries.Where(entry => entry.Name.Length > 0 && !entry.Name.StartsWith('.') && !entry.FullName.StartsWith("__MACOSX/", StringComparison.Ordinal))
                .OrderBy(entry => entry.FullName, StringComparer.Ordinal),
        ];
        foreach (ZipArchiveEntry entry in entries)
        {
            await using Stream unpacked = await entry.OpenAsync(cancellationToken);
            await ReadAsync(unpacked, $"{place.File}/{entry.FullName}", sums, items, cancellationToken);
        }

        _ = entries.Length > 0 ? 0 : throw place.Fault("the archive has no file.");
    }

    /// <summary>Reads a text in UTF-8, with or without a byte order mark.</summary>
    private static async Task ReadTextAsync(Stream content, BillPlace place, BillSums sums, BillItems items, CancellationToken cancellationToken)
    {
        (char first, Stream whole) = await BeginAsync(content, cancellationToken);
        if (first is '{' or '[')
        {
            // A list is read item by item, and so are documents that follow each other: the lines of a log, or pages.
            int entry = 0;
            await foreach (JsonElement document in JsonSerializer.DeserializeAsyncEnumerable<JsonElement>(whole, topLevelValues: first == '{', cancellationToken: cancellationToken))
            {
                JsonBill.Read(document, sums, items, place with { Entry = ++entry });
            }
        }
        else if (first == '\0')
        {
            throw place.Fault("the file is empty.");
        }
        else
        {
            using var text = new StreamReader(whole, Encoding.UTF8);
            using var table = new BillTable(text, place.File);
            TableBill.Read(table, sums, items);
        }
    }

    /// <summary>Returns the encoding of a text with two or four bytes for each letter, with or without a byte order mark; null for all others.</summary>
    private static Encoding? WideEncoding(ReadOnlySpan<byte> begin) => begin switch
    {
        [0xFF, 0xFE, 0, 0, ..] => Encoding.UTF32,
        [0, 0, 0xFE, 0xFF, ..] => new UTF32Encoding(bigEndian: true, byteOrderMark: true),
        [0xFF, 0xFE, ..] or [not 0, 0, not 0, 0, ..] => Encoding.Unicode,
        [0xFE, 0xFF, ..] or [0, not 0, 0, not 0, ..] => Encoding.BigEndianUnicode,
        _ => null,
    };

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
