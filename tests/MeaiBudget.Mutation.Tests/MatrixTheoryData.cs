namespace MeaiBudget.Tests;

/// <summary>All pairs of two lists of values, as xunit 3 has them.</summary>
public sealed class MatrixTheoryData<T1, T2> : TheoryData<T1, T2>
{
    public MatrixTheoryData(IEnumerable<T1> first, IEnumerable<T2> second)
    {
        foreach (T1 one in first)
        {
            foreach (T2 other in second)
            {
                Add(one, other);
            }
        }
    }
}
