using System.Text.Json;

namespace MeaiBudget;

/// <summary>Components by the names they have in our price format.</summary>
internal static class PriceComponentNames
{
    private static readonly string[] Names = [.. Enum.GetNames<PriceComponent>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    internal static string Of(PriceComponent component) => Names[(int)component];
}
