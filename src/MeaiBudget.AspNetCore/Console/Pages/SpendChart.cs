using System.Globalization;

namespace MeaiBudget;

/// <summary>Draws spend over time as stacked bars, in SVG. The same figures follow as a table.</summary>
/// <remarks>The bars stretch with the page. The labels are HTML beside them, so that they keep their size on a phone.</remarks>
internal static class SpendChart
{
    private const int Width = 960;
    private const int Height = 200;
    private const int Lines = 4;

    public static Html Draw(ConsoleSpend spend, TimeZoneInfo zone)
    {
        decimal[] totals = [.. Enumerable.Range(0, spend.Slots.Count).Select(slot => spend.Amounts.Sum(group => group[slot]))];
        if (!Array.Exists(totals, total => total > 0m))
        {
            // The table below says that nothing was spent.
            return Html.Empty;
        }

        decimal most = Ceiling(totals.Max());
        decimal step = Width / (decimal)spend.Slots.Count;
        var lines = new List<Html>();
        var amounts = new List<Html>();
        for (int i = 0; i <= Lines; i++)
        {
            decimal y = Height - (Height * i / (decimal)Lines);
            lines.Add(Html.Of($"<line x2=\"{Width}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\"/>"));
            amounts.Add(Html.Of($"<span>{Label(most * i / Lines)}</span>"));
        }

        int every = spend.Slots.Count > 20 ? 4 : 1;
        var bars = new List<Html>();
        var times = new List<Html>();
        for (int slot = 0; slot < spend.Slots.Count; slot++)
        {
            string label = LabelOf(spend.Slots[slot], spend.Range.IsByHour, zone);
            bars.Add(Html.Of($"<g><title>{label}: {ConsoleText.Money(totals[slot])}</title>{Stack(spend, slot, step, most)}</g>"));
            times.Add(Html.Of($"<span>{(slot % every == 0 ? label : "")}</span>"));
        }

        string unit = $"US dollars {(spend.Range.IsByHour ? "an hour" : "a day")} ({ConsoleText.ZoneOf(spend.Range.From, zone)})";
        IEnumerable<Html> legend = Enumerable.Range(0, spend.Amounts.Length).Where(group => spend.Amounts[group].Any(amount => amount > 0m)).Select(group => Html.Of(
            $"<li><svg class=\"dot\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"{Colour(group, spend.Shown)}\" width=\"10\" height=\"10\" rx=\"2\"/></svg>{(group < spend.Shown ? NameOf(spend.Groups[group]) : "others")}</li>"));
        return Html.Of($"""
            <figure class="panel chart"><p class="unit">{unit}</p><div class="plot"><div class="y" aria-hidden="true">{amounts}</div><svg viewBox="0 0 {Width} {Height}" preserveAspectRatio="none" role="img" aria-label="Spend, {unit}, in total {ConsoleText.Money(spend.Total.Spent)}; the table below has the figures"><g class="grid">{lines}</g>{bars}</svg><div class="x" aria-hidden="true">{times}</div></div><figcaption><ul class="legend">{legend}</ul></figcaption></figure>
            """);
    }

    /// <summary>Names a group; an attempt may have no value for it.</summary>
    public static string NameOf(SpendRecord group) => group.Group.Count > 0 && group.Group[0].Length > 0 ? group.Group[0] : "(none)";

    public static string Colour(int group, int shown) => group < shown ? string.Create(CultureInfo.InvariantCulture, $"s{group}") : "rest";

    /// <summary>Draws the bars of one hour or day, one group above the other.</summary>
    private static List<Html> Stack(ConsoleSpend spend, int slot, decimal step, decimal most)
    {
        var stack = new List<Html>();
        decimal y = Height;
        for (int group = 0; group < spend.Amounts.Length; group++)
        {
            decimal height = Height * spend.Amounts[group][slot] / most;
            if (height > 0m)
            {
                height = Math.Max(height, 0.5m);
                y -= height;
                stack.Add(Html.Of($"<rect class=\"{Colour(group, spend.Shown)}\" x=\"{(step * slot) + (step * 0.12m):0.##}\" y=\"{y:0.##}\" width=\"{step * 0.76m:0.##}\" height=\"{height:0.##}\"/>"));
            }
        }

        return stack;
    }

    private static string LabelOf(DateTimeOffset at, bool isByHour, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(at, zone).ToString(isByHour ? "HH:mm" : "d MMM", CultureInfo.InvariantCulture);

    /// <summary>Writes an amount beside the axis, without the cents where there are none, because the place is narrow.</summary>
    private static string Label(decimal amount) => decimal.Truncate(amount) == amount ? amount.ToString("$#,##0", CultureInfo.InvariantCulture) : ConsoleText.Money(amount);

    private static readonly decimal[] Rounds = [1m, 1.2m, 1.6m, 2m, 2.4m, 3m, 4m, 5m, 6m, 8m, 10m];

    /// <summary>Returns the next round amount of which the four parts are round, too.</summary>
    private static decimal Ceiling(decimal amount)
    {
        decimal power = 0.000000001m;
        while (power * 10m < amount)
        {
            power *= 10m;
        }

        return power * Array.Find(Rounds, round => amount <= power * round);
    }
}
