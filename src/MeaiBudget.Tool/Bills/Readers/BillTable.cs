using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace MeaiBudget.Tool;

/// <summary>Reads a bill's comma-separated values, row by row, by the names of its columns in any case and order. Unknown columns are ignored.</summary>
internal sealed class BillTable : IDisposable
{
    private readonly CsvReader _csv;
    private readonly string _file;
    private readonly Dictionary<string, int> _columns = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="InvalidDataException">The file has no header.</exception>
    public BillTable(TextReader text, string file)
    {
        _file = file;
        _csv = new CsvReader(text, new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            DetectDelimiter = true,
            DetectDelimiterValues = [",", ";", "\t"],
            IgnoreBlankLines = true,
            BadDataFound = bad => throw new BillPlace(file, bad.Context.Parser?.RawRow ?? 0).Fault("a quotation mark is not closed, or stands inside a value. The file may be cut off."),
        });
        Guarded(() => _csv.Read() && _csv.ReadHeader());
        string[] header = _csv.HeaderRecord ?? throw new BillPlace(file, 0).Fault("the file is empty.");
        for (int i = 0; i < header.Length; i++)
        {
            _columns.TryAdd(header[i].Trim(), i);
        }
    }

    /// <summary>Gets the place of the row.</summary>
    public BillPlace Place => new(_file, _csv.Parser.RawRow);

    /// <summary>Gets the names of the columns, for messages.</summary>
    public string Columns => string.Join(", ", _columns.Keys.Take(12));

    public bool Has(params ReadOnlySpan<string> columns)
    {
        foreach (string column in columns)
        {
            if (!_columns.ContainsKey(column))
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
        if (!Guarded(_csv.Read))
        {
            return false;
        }

        return _csv.Parser.Count >= _columns.Count
            ? true
            : throw Place.Fault($"the row has {_csv.Parser.Count} values for {_columns.Count} columns. The file may be cut off.");
    }

    /// <summary>Returns the value of the first of these columns that the file has; empty if it has none.</summary>
    public string Text(params ReadOnlySpan<string> columns)
    {
        foreach (string column in columns)
        {
            if (_columns.TryGetValue(column, out int index))
            {
                return _csv.GetField(index)?.Trim() ?? "";
            }
        }

        return "";
    }

    /// <summary>Returns a number; null if the value is empty or there is no such column.</summary>
    /// <exception cref="InvalidDataException">The value is no number.</exception>
    public decimal? Number(params ReadOnlySpan<string> columns)
    {
        string text = Text(columns);
        return text.Length == 0 || text.Equals("null", StringComparison.OrdinalIgnoreCase) ? null
            : decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) ? number
            : throw Place.Fault($"'{columns[0]}' is '{text}' and no number with a decimal point.");
    }

    /// <exception cref="InvalidDataException">The value is no time.</exception>
    public DateTimeOffset Time(params ReadOnlySpan<string> columns) => BillTime.Parse(Text(columns), columns[0], Place);

    public void Dispose() => _csv.Dispose();

    private bool Guarded(Func<bool> read)
    {
        try
        {
            return read();
        }
        catch (CsvHelperException exception)
        {
            throw Place.Fault($"the file is not a table of comma-separated values: {exception.Message.Split('\n')[0].Trim()}", exception);
        }
    }
}
