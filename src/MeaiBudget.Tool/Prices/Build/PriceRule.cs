using System.Text.RegularExpressions;

namespace MeaiBudget.Tool;

/// <summary>A provider's rule for many models: tiers and regions as multiples of the standard price, and fees.</summary>
internal sealed record PriceRule(
    string Provider, Regex Pattern, Regex? Except, IReadOnlyDictionary<string, decimal> Tiers, IReadOnlyDictionary<string, decimal> Regions, IReadOnlyDictionary<string, decimal> Fees)
{
    internal bool Holds(string provider, string id) => Provider == provider && Pattern.IsMatch(id) && Except?.IsMatch(id) != true;
}
