namespace MeaiBudget;

/// <summary>The model found for an id, from which the price at any time can be read.</summary>
internal sealed class ResolvedModel
{
    private readonly PricedModel? _model;
    private readonly FloatingAlias? _alias;
    private readonly string? _region;
    private readonly Dictionary<PricePeriod, PriceResolution> _resolutions = new(ReferenceEqualityComparer.Instance);
    private readonly PriceResolution _unknown;

    // Most models have a single price and need no clock. Nearly all others change at certain instants.
    private readonly PriceResolution? _always;
    private readonly (long FromUtcTicks, PriceResolution Resolution)[]? _steps;

    internal ResolvedModel(string askedFor, PriceMatch match, PricedModel? model, string? region, ModelLimits? limits = null, IReadOnlyList<PricedModel>? candidates = null, ModelIndex? index = null)
    {
        _model = model;
        _region = region;
        _unknown = new PriceResolution(PriceMatch.Unknown, model?.ModelId ?? askedFor, null, model?.Limits ?? limits);
        if (model is null)
        {
            _always = _unknown;
            return;
        }

        foreach (PricePeriod period in model.Periods)
        {
            _resolutions[period] = new PriceResolution(match, model.ModelId, period.Price, model.Limits ?? limits)
            {
                Provider = model.Provider,
                Region = period.Region,
                Source = period.Source,
                From = period.From,
                Entry = index is null ? null : new PriceEntry(index, model, period),
                ReservationPrice = candidates is null ? null : Dearest(period, candidates),
            };
        }

        if (model.Periods is [{ From: null, Until: null, Daily: null }])
        {
            _always = Resolution(DateTimeOffset.MinValue);
        }
        else
        {
            _steps = Steps(model);
            _always = _steps is [var only] ? only.Resolution : null;
        }
    }

    /// <summary>Creates the result for an alias that its provider moves between models.</summary>
    internal ResolvedModel(string askedFor, FloatingAlias alias)
    {
        _alias = alias;
        _unknown = new PriceResolution(PriceMatch.Unknown, askedFor, null, null);
    }

    internal PriceResolution At(DateTimeOffset? at, TimeProvider timeProvider)
    {
        if (_alias is not null)
        {
            return _alias.At(at ?? timeProvider.GetUtcNow(), timeProvider);
        }

        if (_always is not null)
        {
            return _always;
        }

        DateTimeOffset time = at ?? timeProvider.GetUtcNow();
        if (_steps is null)
        {
            return Resolution(time);
        }

        foreach ((long from, PriceResolution resolution) in _steps)
        {
            if (time.UtcTicks >= from)
            {
                return resolution;
            }
        }

        return _unknown;
    }

    // These are methods of their own, because most models need neither, and the runtime loads what they use when a method that has it first runs.
    private static ModelPrice Dearest(PricePeriod period, IReadOnlyList<PricedModel> candidates) =>
        period.Price.OrDearer(candidates.SelectMany(candidate => candidate.Periods).Where(other => other.Until is null).Select(other => other.Price));

    private (long FromUtcTicks, PriceResolution Resolution)[]? Steps(PricedModel model) => model.Periods.Any(period => period.Daily is not null)
        ? null
        : [.. model.Periods.SelectMany(period => new[] { period.From ?? DateTimeOffset.MinValue, period.Until ?? DateTimeOffset.MinValue })
            .Append(DateTimeOffset.MinValue).Distinct().OrderDescending().Select(from => (from.UtcTicks, Resolution(from)))];

    private PriceResolution Resolution(DateTimeOffset at) => _model!.PeriodAt(at, _region) is { } period ? _resolutions[period] : _unknown;
}
