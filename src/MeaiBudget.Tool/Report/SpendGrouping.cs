using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>Groups spend by time, model, provider, route, class, run or tag.</summary>
internal sealed class SpendGrouping
{
    private readonly Func<SqliteSpendRecord, string> _keyOf;

    private SpendGrouping(string name, Func<SqliteSpendRecord, string> keyOf)
    {
        Name = name;
        _keyOf = keyOf;
    }

    /// <summary>The name of the grouping on the command line.</summary>
    public string Name { get; }

    /// <summary>True if groups are ordered by time; false if they are ordered by spend.</summary>
    public bool IsTime => Name is "day" or "hour" or "month";

    /// <exception cref="ArgumentException">The grouping is unknown.</exception>
    public static SpendGrouping Parse(string text, TimeZoneInfo timeZone)
    {
        SpendGrouping Time(string format) =>
            new(text, record => TimeZoneInfo.ConvertTime(record.At, timeZone).ToString(format, CultureInfo.InvariantCulture));
        return text switch
        {
            "month" => Time("yyyy-MM"),
            "day" => Time("yyyy-MM-dd"),
            "hour" => Time("yyyy-MM-dd HH:00 zzz"),
            "model" => new(text, record => record.Call.ModelId ?? ""),
            "provider" => new(text, record => record.Call.Provider ?? ""),
            "route" => new(text, record => record.Call.Route ?? ""),
            "class" => new(text, record => record.Call.ModelClass ?? ""),
            "run" => new(text, record => record.Call.RunId ?? ""),
            ['t', 'a', 'g', ':', _, ..] => new(text, record => record.Call.Tags?.GetValueOrDefault(text[4..]) ?? ""),
            _ => throw new ArgumentException($"Unknown grouping '{text}'. Use month, day, hour, model, provider, route, class, run or tag:NAME."),
        };
    }

    public string KeyOf(SqliteSpendRecord record) => _keyOf(record);
}
