namespace MeaiBudget;

/// <summary>What a model id was found to be, ready to be asked for the price of any time.</summary>
internal sealed class ResolvedModel
{
    private readonly PricedModel? _model;
    private readonly string? _region;
    private readonly PriceResolution[] _resolutions;
    private readonly PriceResolution _unknown;

    internal ResolvedModel(string askedFor, PriceMatch match, PricedModel? model, string? region, ModelLimits? limits = null)
    {
        _model = model;
        _region = region;
        _unknown = new PriceResolution(PriceMatch.Unknown, model?.ModelId ?? askedFor, null, model?.Limits ?? limits);
        _resolutions = model is null ? [] : [.. model.Periods.Select(period => new PriceResolution(match, model.ModelId, period.Price, model.Limits ?? limits)
        {
            Provider = model.Provider,
            Region = period.Region,
            Source = period.Source,
        })];
    }

    internal PriceResolution At(DateTimeOffset? at, TimeProvider timeProvider)
    {
        if (_model is null)
        {
            return _unknown;
        }

        // Most models have one price for all time, and need no clock.
        IReadOnlyList<PricePeriod> periods = _model.Periods;
        if (periods.Count == 1 && periods[0] is { From: null, DailyFrom: null })
        {
            return _resolutions[0];
        }

        PricePeriod? period = _model.PeriodAt(at ?? timeProvider.GetUtcNow(), _region);
        for (int i = 0; i < _resolutions.Length; i++)
        {
            if (ReferenceEquals(periods[i], period))
            {
                return _resolutions[i];
            }
        }

        return _unknown;
    }
}
