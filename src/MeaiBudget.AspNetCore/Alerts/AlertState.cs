using System.Globalization;

namespace MeaiBudget;

/// <summary>An alert that fires. It is kept in the settings of the ledger, so that all nodes know of it and a restart forgets nothing.</summary>
/// <param name="Id">The id: equal for the same rule, budget and key.</param>
/// <param name="Rule">The name of the rule.</param>
/// <param name="Since">When it began.</param>
/// <param name="Lease">Until when the node that delivers it has it to itself; <see langword="null"/> if it was delivered.</param>
/// <param name="Text">What it says.</param>
internal sealed record AlertState(string Id, string Rule, DateTimeOffset Since, DateTimeOffset? Lease, string Text)
{
    public const string Prefix = "alert/";

    private const char Separator = '|';
    private const int LongestText = 500;

    public string Name => Prefix + Id;

    public string Value => string.Create(CultureInfo.InvariantCulture, $"{Rule}{Separator}{Since.UtcTicks}{Separator}{Lease?.UtcTicks ?? 0}{Separator}{Shortened(Text)}");

    /// <summary>Parses a setting; <see langword="null"/> for one of a newer version.</summary>
    public static AlertState? TryParse(string name, string value)
    {
        string[] parts = value.Split(Separator, 4);
        return parts.Length == 4 && MomentOf(parts[1]) is { } since && MomentOf(parts[2]) is { } lease
            ? new AlertState(name[Prefix.Length..], parts[0], since, lease.Ticks == 0 ? null : lease, parts[3])
            : null;
    }

    /// <summary>Shortens a text without cutting a surrogate pair.</summary>
    private static string Shortened(string text) =>
        text.Length <= LongestText ? text : text[..(char.IsHighSurrogate(text[LongestText - 1]) ? LongestText - 1 : LongestText)];

    private static DateTimeOffset? MomentOf(string ticks) =>
        long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out long at) && at <= DateTimeOffset.MaxValue.UtcTicks ? new DateTimeOffset(at, TimeSpan.Zero) : null;
}
