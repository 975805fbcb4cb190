using System.Collections.Concurrent;

namespace MeaiBudget;

/// <summary>An alias that its provider moves between models, resolved by date.</summary>
internal sealed class FloatingAlias
{
    // A provider does not announce every move on the day. So a reservation takes the dearest model that the alias meant lately.
    private static readonly TimeSpan Lately = TimeSpan.FromDays(90);

    private readonly (DateTimeOffset From, ResolvedModel Model, ResolvedModel[] Others)[] _meanings;
    private readonly ConcurrentDictionary<(int Meaning, int Earlier, PriceResolution Found), PriceResolution> _resolutions = new();

    /// <summary>Creates the alias from its meanings, in order of time.</summary>
    internal FloatingAlias(IEnumerable<(DateTimeOffset From, ResolvedModel Model, ResolvedModel[] Others)> meanings) => _meanings = [.. meanings];

    internal PriceResolution At(DateTimeOffset at, TimeProvider timeProvider)
    {
        int current = 0;
        while (current + 1 < _meanings.Length && _meanings[current + 1].From <= at)
        {
            current++;
        }

        PriceResolution found = _meanings[current].Model.At(at, timeProvider);
        int earliest = current;
        while (earliest > 0 && _meanings[earliest].From > at - Lately)
        {
            earliest--;
        }

        (int, int, PriceResolution) key = (current, earliest, found);
        return _resolutions.TryGetValue(key, out PriceResolution? known) ? known : _resolutions.GetOrAdd(key, Create(current, earliest, found, at, timeProvider));
    }

    private PriceResolution Create(int current, int earliest, PriceResolution found, DateTimeOffset at, TimeProvider timeProvider)
    {
        IEnumerable<ModelPrice> earlier = _meanings[earliest..(current + 1)].SelectMany(meaning => meaning.Others.Append(meaning.Model))
            .Select(model => model.At(at, timeProvider).Price).OfType<ModelPrice>();
        return found.Price is null ? found : found with
        {
            Match = found.Match == PriceMatch.Override ? PriceMatch.Override : PriceMatch.Alias,
            IsFloatingAlias = true,
            MeantSince = current == 0 && _meanings[0].From == DateTimeOffset.MinValue ? null : _meanings[current].From,
            ReservationPrice = found.Price.OrDearer(earlier),
        };
    }
}
