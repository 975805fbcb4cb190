using System.Buffers;
using System.Globalization;
using System.Text.Json;
using CsvHelper;
using CsvHelper.Configuration;

namespace MeaiBudget.Tool;

/// <summary>
/// Reads a bill's comma-separated values, row by row, by the names of its columns in any order. Of names only letters and digits count, because
/// exports of one provider write <c>MeterName</c>, <c>meter_name</c> and <c>Meter Name</c>. Unknown columns are ignored.
/// </summary>
internal sealed class BillTable : IDisposable
{
    private readonly CsvReader _csv;
    private readonly string _file;
    private readonly int _before;
    private readonly int _width;
    private readonly List<string> _names = [];
    private readonly Dictionary<string, int> _asked = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _columns = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="InvalidDataException">The file has no header.</exception>
    public BillTable(TextReader text, string file)
    {
        _file = file;
        string header = NextLine(text);
        string? named = header.StartsWith("sep=", StringComparison.OrdinalIgnoreCase) && header.Trim().Length == 5 ? header.Trim()[4..] : null;
        _before = named is null ? 1 : 2;
        header = named is null ? header : NextLine(text);
        string delimiter = named ?? DelimiterOf(header);
        using (CsvReader names = Reader(new StringReader(header), delimiter))
        {
            Guarded(names.Read, names);
            _width = names.Parser.Count;
            for (int i = 0; i < _width; i++)
            {
                string name = names.GetField(i)!.Trim();
                _names.Add(name);
                _columns.TryAdd(Plain(name), i);
            }
        }

        _csv = Reader(text, delimiter);
    }

    /// <summary>Gets the place of the row.</summary>
    public BillPlace Place => PlaceOf(_csv);

    /// <summary>Gets the names of the columns, for messages.</summary>
    public string Columns => string.Join(", ", _names.Take(12));

    public bool Has(params ReadOnlySpan<string> columns)
    {
        foreach (string column in columns)
        {
            if (IndexOf(column) < 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Moves to the next row.</summary>
    /// <exception cref="InvalidDataException">The row is damaged or cut off.</exception>
    public bool Read()
    {
        if (!Guarded(_csv.Read, _csv))
        {
            return false;
        }

        int count = _csv.Parser.Count;
        bool isLong = count > _width && Enumerable.Range(_width, count - _width).Any(i => _csv.GetField(i)!.Trim().Length > 0);
        return count < _width || isLong
            ? throw Place.Fault($"the row has {count} values for {_width} columns. {(isLong ? "A value with a comma may lack its quotation marks." : "The file may be cut off.")}")
            : true;
    }

    /// <summary>Returns the value of the first of these columns that the file has; empty if it has none.</summary>
    public string Text(params ReadOnlySpan<string> columns)
    {
        foreach (string column in columns)
        {
            if (IndexOf(column) is >= 0 and int index)
            {
                return _csv.GetField(index)?.Trim() ?? "";
            }
        }

        return "";
    }

    /// <summary>Returns the row as a JSON object of texts, without empty values, for formats that exist as JSON and as a table.</summary>
    public JsonElement Json()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            for (int i = 0; i < _width; i++)
            {
                if (_csv.GetField(i)?.Trim() is { Length: > 0 } value && !value.Equals("null", StringComparison.OrdinalIgnoreCase))
                {
                    writer.WriteString(_names[i], value);
                }
            }

            writer.WriteEndObject();
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    /// <summary>Returns a number; null if the value is empty or there is no such column.</summary>
    /// <exception cref="InvalidDataException">The value is no number.</exception>
    public decimal? Number(params ReadOnlySpan<string> columns)
    {
        string text = Text(columns);
        return text.Length == 0 || text.Equals("null", StringComparison.OrdinalIgnoreCase) ? null
            : BillNumber.TryParse(text, out decimal number) ? number
            : throw Place.Fault($"'{columns[0]}' is '{text}' and no number with a decimal point.");
    }

    /// <exception cref="InvalidDataException">The value is no time.</exception>
    public DateTimeOffset Time(params ReadOnlySpan<string> columns) => BillTime.Parse(Text(columns), columns[0], Place);

    /// <exception cref="InvalidDataException">The value is no time.</exception>
    public DateTimeOffset MonthFirstTime(params ReadOnlySpan<string> columns) => BillTime.ParseMonthFirst(Text(columns), columns[0], Place);

    public void Dispose() => _csv.Dispose();

    /// <summary>The separator that the header has most of. Rows do not tell it, because their texts may hold more of another.</summary>
    private static string DelimiterOf(string header) => ((string[])[",", ";", "\t", "|"]).MaxBy(one => header.AsSpan().Count(one))!;

    private static string Plain(string column) => string.Concat(column.Where(char.IsLetterOrDigit));

    private int IndexOf(string column)
    {
        if (!_asked.TryGetValue(column, out int index))
        {
            index = _columns.GetValueOrDefault(Plain(column), -1);
            _asked.Add(column, index);
        }

        return index;
    }

    private CsvReader Reader(TextReader text, string delimiter) => new(text, new CsvConfiguration(CultureInfo.InvariantCulture)
    {
        Delimiter = delimiter,
        HasHeaderRecord = false,
        IgnoreBlankLines = true,
        MaxFieldSize = 1024 * 1024,
        BadDataFound = bad => throw new BillPlace(_file, _before + bad.Context.Parser?.RawRow ?? 0).Fault("a quotation mark is not closed, or stands inside a value. The file may be cut off."),
    });

    private string NextLine(TextReader text)
    {
        while (text.ReadLine() is { } line)
        {
            if (line.Trim().Length > 0)
            {
                return line;
            }
        }

        throw new BillPlace(_file, 0).Fault("the file is empty.");
    }

    private BillPlace PlaceOf(CsvReader? reader) => new(_file, reader is null || reader != _csv ? _before : _before + reader.Parser.RawRow);

    private bool Guarded(Func<bool> read, CsvReader reader)
    {
        try
        {
            return read();
        }
        catch (CsvHelperException exception)
        {
            throw PlaceOf(reader).Fault($"the file is not a table of comma-separated values: {exception.Message.Split('\n')[0].Trim()}", exception);
        }
    }
}
