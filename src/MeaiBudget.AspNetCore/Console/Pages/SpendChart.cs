using System.Globalization;

namespace MeaiBudget;

/// <summary>Draws spend over time as stacked bars, in SVG. The same figures follow as a table.</summary>
internal static class SpendChart
{
    private const int Width = 960;
    private const int Height = 220;
    private const int Left = 64;
    private const int Bottom = 24;
    private const int Top = 10;

    public static Html Draw(ConsoleSpend spend, TimeZoneInfo zone)
    {
        decimal[] totals = [.. Enumerable.Range(0, spend.Slots.Count).Select(slot => spend.Amounts.Sum(group => group[slot]))];
        decimal most = Ceiling(totals.DefaultIfEmpty(0m).Max());
        decimal plot = Height - Top - Bottom;
        decimal step = (Width - Left - 4m) / Math.Max(1, spend.Slots.Count);
        var lines = new List<Html>();
        for (int i = 0; i <= 4; i++)
        {
            decimal y = Top + (plot * (4 - i) / 4m);
            lines.Add(Html.Of($"<line x1=\"{Left}\" x2=\"{Width}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\"/><text x=\"{Left - 8}\" y=\"{y + 4m:0.#}\" class=\"y\">{Label(most * i / 4m)}</text>"));
        }

        var bars = new List<Html>();
        for (int slot = 0; slot < spend.Slots.Count; slot++)
        {
            string label = LabelOf(spend.Slots[slot], spend.Range.IsByHour, zone);
            decimal x = Left + (step * slot);
            decimal y = Height - Bottom;
            var stack = new List<Html>();
            for (int group = 0; group < spend.Amounts.Length; group++)
            {
                decimal height = most > 0m ? plot * spend.Amounts[group][slot] / most : 0m;
                if (height > 0m)
                {
                    height = Math.Max(height, 0.5m);
                    y -= height;
                    stack.Add(Html.Of($"<rect class=\"{Colour(group, spend.Shown)}\" x=\"{x + (step * 0.12m):0.##}\" y=\"{y:0.##}\" width=\"{step * 0.76m:0.##}\" height=\"{height:0.##}\"/>"));
                }
            }

            int every = spend.Slots.Count > 20 ? 4 : 1;
            Html text = slot % every == 0 ? Html.Of($"<text x=\"{x + (step / 2m):0.##}\" y=\"{Height - 6}\" class=\"x\">{label}</text>") : Html.Empty;
            bars.Add(Html.Of($"<g><title>{label}: {ConsoleText.Money(totals[slot])}</title>{stack}{text}</g>"));
        }

        IEnumerable<Html> legend = Enumerable.Range(0, spend.Amounts.Length).Where(group => spend.Amounts[group].Any(amount => amount > 0m)).Select(group => Html.Of(
            $"<li><svg class=\"dot\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"{Colour(group, spend.Shown)}\" width=\"10\" height=\"10\" rx=\"2\"/></svg>{(group < spend.Shown ? NameOf(spend.Groups[group]) : "others")}</li>"));
        return Html.Of(
            $"<figure class=\"panel chart\" tabindex=\"0\"><svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"Spend by {(spend.Range.IsByHour ? "hour" : "day")}, in total {ConsoleText.Money(spend.Total.Spent)}; the table below has the figures\"><g class=\"grid\">{lines}</g>{bars}</svg><figcaption><ul class=\"legend\">{legend}</ul></figcaption></figure>");
    }

    /// <summary>Names a group; an attempt may have no value for it.</summary>
    public static string NameOf(SpendRecord group) => group.Group.Count > 0 && group.Group[0].Length > 0 ? group.Group[0] : "(none)";

    public static string Colour(int group, int shown) => group < shown ? string.Create(CultureInfo.InvariantCulture, $"s{group}") : "rest";

    private static string LabelOf(DateTimeOffset at, bool isByHour, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(at, zone).ToString(isByHour ? "HH:mm" : "d MMM", CultureInfo.InvariantCulture);

    /// <summary>Writes an amount beside the axis, without the cents where there are none, because the place is narrow.</summary>
    private static string Label(decimal amount) => amount >= 1m && decimal.Truncate(amount) == amount ? amount.ToString("$#,##0", CultureInfo.InvariantCulture) : ConsoleText.Money(amount);

    /// <summary>Returns the next round amount: 1, 2 or 5 with zeros.</summary>
    private static decimal Ceiling(decimal amount)
    {
        if (amount <= 0m)
        {
            return 1m;
        }

        decimal power = 0.000000001m;
        while (power * 10m < amount)
        {
            power *= 10m;
        }

        return amount <= power ? power : amount <= power * 2m ? power * 2m : amount <= power * 5m ? power * 5m : power * 10m;
    }
}
