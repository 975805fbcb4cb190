using System.Globalization;

namespace MeaiBudget;

/// <summary>What one evaluation found, for webhooks: alerts that began, or alerts that ended.</summary>
/// <param name="IsResolved">True for alerts that ended.</param>
/// <param name="IsCritical">True if one of them is critical.</param>
/// <param name="Texts">What they say.</param>
/// <param name="At">When.</param>
internal sealed record AlertMessage(bool IsResolved, bool IsCritical, IReadOnlyList<string> Texts, DateTimeOffset At)
{
    private const int MostLines = 20;

    /// <summary>Returns the value of a name in a template.</summary>
    public string Value(string name, string node) => name switch
    {
        "title" => Texts.Count == 1 ? Lines()[0] : $"{Texts.Count.ToString(CultureInfo.InvariantCulture)} budget alerts {(IsResolved ? "resolved" : "firing")}",
        "text" => string.Join('\n', Lines()),
        "status" => IsResolved ? "resolved" : "firing",
        "severity" => IsCritical ? "critical" : "warning",
        "count" => Texts.Count.ToString(CultureInfo.InvariantCulture),
        "node" => node,
        _ => At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
    };

    private List<string> Lines()
    {
        List<string> lines = [.. Texts.Take(MostLines).Select(text => IsResolved ? "Resolved: " + text : text)];
        if (Texts.Count > MostLines)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"and {Texts.Count - MostLines} more"));
        }

        return lines;
    }
}
