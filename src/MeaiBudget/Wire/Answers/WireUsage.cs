namespace MeaiBudget;

/// <summary>Puts the usage reports of one answer together, whether each tells the sum so far or only what came since the last one.</summary>
internal struct WireUsage
{
    private WireFigures _last;

    // Of the second report on: nearly every answer has one report.
    private Sums? _sums;
    private long _lastOutput;
    private long _input;
    private bool _hasDifferentInputs;
    private bool _isInDifferences;
    private bool _isLastDifference;

    /// <summary>Gets a value indicating whether there was a report.</summary>
    public readonly bool IsTold => _last.IsTold;

    /// <summary>Takes a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="mayBeDifference">Whether servers of the protocol are known to tell differences.</param>
    public void Take(in WireFigures report, bool mayBeDifference)
    {
        long output = report[WireCount.Output];
        long input = report[WireCount.Input];
        if (mayBeDifference && output > 0)
        {
            // A sum never falls; and a report without the input whose total is its own output is no sum.
            _isLastDifference = input == 0 && _input > 0 && report[WireCount.Total] == output;
            _isInDifferences |= output < _lastOutput || _isLastDifference;
            _lastOutput = output;
        }

        if (input > 0)
        {
            _hasDifferentInputs |= _input > 0 && input != _input;
            _input = input;
        }

        if (_last.IsTold)
        {
            _sums ??= new Sums { Sum = _last };
            _sums.BeforeLast = _sums.Sum;
            _sums.Sum.Add(report);
            _last.Replace(report);
        }
        else
        {
            _last = report;
        }
    }

    /// <summary>Gives the figures of the whole answer.</summary>
    /// <param name="flags">What was odd is added.</param>
    public readonly WireFigures ToFigures(ref WireFlags flags)
    {
        // Differences may be followed by their sum.
        if (!_isInDifferences || _sums is null || (!_isLastDifference && _lastOutput == _sums.BeforeLast[WireCount.Output]))
        {
            return _last;
        }

        flags |= WireFlags.SummedUsage;
        WireFigures sum = default;
        for (WireCount count = 0; count < WireCount.Count; count++)
        {
            if (_sums.Sum.Has(count))
            {
                // The input is often repeated in each difference.
                long value = count == WireCount.Input && !_hasDifferentInputs ? _input : count == WireCount.Total ? 0 : _sums.Sum[count];
                sum.Set(count, value);
            }
        }

        return sum;
    }

    /// <summary>The sum of all reports, and the sum of those before the last one.</summary>
    private sealed class Sums
    {
        public WireFigures Sum;
        public WireFigures BeforeLast;
    }
}
