using System.Buffers;
using System.Buffers.Text;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace MeaiBudget;

/// <summary>Finds the objects of a PDF, also those in compressed object streams, and counts the characters in its other streams.</summary>
/// <remarks>
/// The file is read from its beginning to its end once, without its tables of positions, which damaged and hostile files have wrong. If an
/// object is defined twice, the later definition is valid, as in a file that was updated. Work and memory are limited, whatever the file
/// says; <see cref="IsComplete"/> is false if a limit was reached.
/// </remarks>
internal sealed class PdfObjects
{
    private const int MostObjects = 262_144;
    private const int MostStreams = 16_384;
    private const int MostObjectBytes = 16 * 1024 * 1024;
    private const int MostTextBytes = 32 * 1024 * 1024;

    private readonly Dictionary<int, ReadOnlyMemory<byte>> _objects = [];
    private readonly ReadOnlyMemory<byte> _file;
    private long _work;
    private int _streams;
    private int _objectBytes;
    private int _textBytes;

    private PdfObjects(ReadOnlyMemory<byte> file)
    {
        _file = file;

        // Reading a well-formed file takes its length in steps for objects, and again for dictionaries and streams.
        _work = (4L * file.Length) + 65_536;
    }

    /// <summary>False if a part of the file could not be read.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>The characters in strings of page contents.</summary>
    public long Characters { get; private set; }

    /// <summary>The values of all objects, in no order.</summary>
    public IReadOnlyCollection<ReadOnlyMemory<byte>> Values => _objects.Values;

    /// <summary>The number of the catalog object that the last trailer names; -1 if none does.</summary>
    public int Catalog { get; private set; } = -1;

    public static PdfObjects Read(ReadOnlyMemory<byte> file)
    {
        var objects = new PdfObjects(file);
        objects.ReadFile();
        return objects;
    }

    /// <summary>Returns an object's value; empty if there is no such object.</summary>
    public ReadOnlySpan<byte> this[int number] => _objects.TryGetValue(number, out ReadOnlyMemory<byte> found) ? found.Span : default;

    /// <summary>Returns the value of a dictionary's key; follows a reference to it.</summary>
    public ReadOnlySpan<byte> Find(ReadOnlySpan<byte> dictionary, ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> value = PdfSyntax.Find(dictionary, key);
        int reference = PdfSyntax.ReferenceOf(value);
        return reference < 0 ? value : this[reference];
    }

    /// <summary>Returns a whole number; -1 if the value is none.</summary>
    public int Number(ReadOnlySpan<byte> dictionary, ReadOnlySpan<byte> key) =>
        Utf8Parser.TryParse(Find(dictionary, key), out int number, out _) && number >= 0 ? number : -1;

    private void ReadFile()
    {
        ReadOnlySpan<byte> file = _file.Span;
        int position = 0;
        while (file[position..].IndexOf("obj"u8) is var found and >= 0)
        {
            ReadTrailers(file[position..(position + found)]);
            position += found + 3;
            int number = NumberBefore(file, position - 3);
            if (number < 0)
            {
                continue;
            }

            if (!TryTake(number, _file, position, out ReadOnlyMemory<byte> value))
            {
                return;
            }

            if (value.IsEmpty)
            {
                continue;
            }

            position = PdfSyntax.SkipSpace(file, position) + value.Length;
            int stream = PdfSyntax.SkipSpace(file, position);
            if (value.Span.StartsWith("<<"u8) && file[stream..].StartsWith("stream"u8))
            {
                position = ReadStream(value.Span, SkipLine(file, stream + 6));
            }
        }

        ReadTrailers(file[position..]);
    }

    /// <summary>Stores the object at a position, if its value ends. Returns false if no more objects may be read.</summary>
    private bool TryTake(int number, ReadOnlyMemory<byte> source, int position, out ReadOnlyMemory<byte> value)
    {
        value = default;
        ReadOnlySpan<byte> text = source.Span;
        int start = PdfSyntax.SkipSpace(text, position);
        int end = PdfSyntax.SkipValue(text, start);
        _work -= (end < 0 ? text.Length : end) - position;
        if (_work < 0 || _objects.Count >= MostObjects)
        {
            IsComplete = false;
            return false;
        }

        if (end >= 0)
        {
            value = source[start..Math.Max(end, PdfSyntax.SkipReference(text, start))];
            _objects[number] = value;
        }

        return true;
    }

    // A trailer names the catalog. Updated files have several; the last one is valid.
    private void ReadTrailers(ReadOnlySpan<byte> text)
    {
        int found = text.LastIndexOf("trailer"u8);
        if (found >= 0)
        {
            ReadRoot(text[PdfSyntax.SkipSpace(text, found + 7)..]);
        }
    }

    private void ReadRoot(ReadOnlySpan<byte> dictionary)
    {
        int root = PdfSyntax.ReferenceOf(PdfSyntax.Find(dictionary, "Root"u8));
        Catalog = root >= 0 ? root : Catalog;
    }

    // "12 0 obj": the number of the object stands before its generation.
    private static int NumberBefore(ReadOnlySpan<byte> file, int position)
    {
        int generation = DigitsBefore(file, ref position);
        int number = generation < 0 ? -1 : DigitsBefore(file, ref position);
        return number;
    }

    private static int DigitsBefore(ReadOnlySpan<byte> file, ref int position)
    {
        const int MostDigits = 9;
        int end = position;
        while (end > 0 && position - end < MostDigits && PdfSyntax.IsSpace(file[end - 1]))
        {
            end--;
        }

        int start = end;
        while (start > 0 && end - start < MostDigits && char.IsAsciiDigit((char)file[start - 1]))
        {
            start--;
        }

        bool isSeparated = end < position;
        position = start;
        return start < end && isSeparated && Utf8Parser.TryParse(file[start..end], out int number, out _) ? number : -1;
    }

    private static int SkipLine(ReadOnlySpan<byte> file, int position)
    {
        position += position < file.Length && file[position] == (byte)'\r' ? 1 : 0;
        return position + (position < file.Length && file[position] == (byte)'\n' ? 1 : 0);
    }

    /// <summary>Reads the stream that begins at a position, and returns its end.</summary>
    private int ReadStream(ReadOnlySpan<byte> dictionary, int start)
    {
        ReadOnlySpan<byte> file = _file.Span;
        int length = Number(dictionary, "Length"u8);
        int end = length >= 0 && length <= file.Length - start ? start + length : -1;
        if (end < 0 || !file[PdfSyntax.SkipSpace(file, end)..].StartsWith("endstream"u8))
        {
            int found = file[start..].IndexOf("endstream"u8);
            end = found < 0 ? file.Length : start + found;
        }

        ReadOnlySpan<byte> type = Find(dictionary, "Type"u8);
        if (PdfSyntax.IsName(type, "ObjStm"u8))
        {
            ReadObjects(dictionary, _file[start..end]);
        }
        else if (PdfSyntax.IsName(type, "XRef"u8))
        {
            ReadRoot(dictionary);
        }
        else if (IsPageContent(dictionary, type))
        {
            Inflate(dictionary, _file[start..end], ref _textBytes, MostTextBytes, output: null);
        }

        return end;
    }

    // Images, fonts and metadata have a type; fonts also have the lengths of their parts.
    private bool IsPageContent(ReadOnlySpan<byte> dictionary, ReadOnlySpan<byte> type) =>
        (type.IsEmpty || PdfSyntax.IsName(type, "XObject"u8))
        && (Find(dictionary, "Subtype"u8) is var subtype && (subtype.IsEmpty || PdfSyntax.IsName(subtype, "Form"u8)))
        && PdfSyntax.Find(dictionary, "Length1"u8).IsEmpty && PdfSyntax.Find(dictionary, "FunctionType"u8).IsEmpty;

    private void ReadObjects(ReadOnlySpan<byte> dictionary, ReadOnlyMemory<byte> stream)
    {
        var output = new ArrayBufferWriter<byte>();
        int first = Number(dictionary, "First"u8);
        int count = Number(dictionary, "N"u8);
        if (first < 0 || count < 0 || !Inflate(dictionary, stream, ref _objectBytes, MostObjectBytes, output))
        {
            IsComplete = false;
        }

        // A damaged stream's beginning is still of use.
        ReadOnlyMemory<byte> objects = output.WrittenMemory;
        ReadOnlySpan<byte> header = objects.Span[..Math.Clamp(first, 0, objects.Length)];
        _work += 2L * objects.Length;
        for (int index = 0; index < count; index++)
        {
            if (!TakeNumber(ref header, out int number) || !TakeNumber(ref header, out int offset) || offset > objects.Length - first)
            {
                IsComplete = false;
                return;
            }

            if (!TryTake(number, objects, first + offset, out _))
            {
                return;
            }
        }
    }

    private static bool TakeNumber(ref ReadOnlySpan<byte> text, out int number)
    {
        text = text[PdfSyntax.SkipSpace(text, 0)..];
        bool isNumber = Utf8Parser.TryParse(text, out number, out int length) && number >= 0;
        text = text[length..];
        return isNumber;
    }

    /// <summary>Decompresses a stream into a writer, or counts its characters if there is none. Returns false if it could not be read whole.</summary>
    private bool Inflate(ReadOnlySpan<byte> dictionary, ReadOnlyMemory<byte> stream, ref int bytes, int most, ArrayBufferWriter<byte>? output)
    {
        var text = default(PdfTextTally);
        ReadOnlySpan<byte> filter = Find(dictionary, "Filter"u8).Trim(" \r\n\t[]"u8);
        if (filter.IsEmpty)
        {
            if (stream.Length > most - bytes)
            {
                return false;
            }

            bytes += stream.Length;
            Take(stream.Span, output, ref text);
            Characters += text.Characters;
            return true;
        }

        bool isReadable = PdfSyntax.IsName(filter, "FlateDecode"u8) || PdfSyntax.IsName(filter, "Fl"u8);
        bool isPredicted = Number(Find(dictionary, "DecodeParms"u8).TrimStart(" \r\n\t["u8), "Predictor"u8) > 1;
        if (!isReadable || isPredicted || ++_streams > MostStreams)
        {
            // Streams of images in a page's content have other filters, so text in one is not expected.
            return _streams <= MostStreams && output is null;
        }

        byte[] block = ArrayPool<byte>.Shared.Rent(16_384);
        try
        {
            using var inflating = new ZLibStream(AsStream(stream), CompressionMode.Decompress);
            int read;
            bool isFirst = true;
            while ((read = inflating.Read(block)) > 0)
            {
                bytes += read;
                if (bytes > most)
                {
                    return false;
                }

                // A font's table of characters, whose strings are not shown.
                if (output is null && isFirst && block.AsSpan(0, Math.Min(read, 64)).IndexOf("/CIDInit"u8) >= 0)
                {
                    return true;
                }

                isFirst = false;
                Take(block.AsSpan(0, read), output, ref text);
            }

            return true;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            return false;
        }
        finally
        {
            Characters += text.Characters;
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private static void Take(ReadOnlySpan<byte> block, ArrayBufferWriter<byte>? output, ref PdfTextTally text)
    {
        if (output is null)
        {
            text.Add(block);
        }
        else
        {
            output.Write(block);
        }
    }

    private static MemoryStream AsStream(ReadOnlyMemory<byte> data) =>
        MemoryMarshal.TryGetArray(data, out ArraySegment<byte> array) ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false) : new MemoryStream(data.ToArray(), writable: false);
}
