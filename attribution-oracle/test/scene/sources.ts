/** Small Solidity files that are no copies of one another. */
export const SOURCES = {
  counter: `pragma solidity ^0.8.30;
contract Counter {
  uint256 private count; address public immutable owner;
  event Raised(uint256 by, uint256 total);
  constructor() { owner = msg.sender; }
  function raise(uint256 by) external { require(by > 0 && by < 1000); count += by; emit Raised(by, count); }
  function current() external view returns (uint256) { return count; }
}`,
  purse: `pragma solidity ^0.8.30;
contract Purse {
  mapping(address => uint256) private held;
  error Empty(address who, uint256 wanted, uint256 has);
  receive() external payable { held[msg.sender] += msg.value; }
  function take(uint256 amount) external {
    if (held[msg.sender] < amount) revert Empty(msg.sender, amount, held[msg.sender]);
    unchecked { held[msg.sender] -= amount; }
    (bool sent, ) = msg.sender.call{value: amount}(""); if (!sent) revert();
  }
}`,
  ballot: `pragma solidity ^0.8.30;
library Ballot {
  struct Option { string name; uint64 votes; bool closed; }
  function leading(Option[] memory options) internal pure returns (uint256 best) {
    for (uint256 i = 1; i < options.length; ++i) {
      if (!options[i].closed && options[i].votes > options[best].votes) best = i;
    }
    assert(best < options.length || options.length == 0);
  }
}`,
  clock: `pragma solidity ^0.8.30;
abstract contract Clock {
  enum Phase { Waiting, Running, Over }
  uint48 internal start; uint48 internal end;
  modifier only(Phase wanted) { require(phase() == wanted, "phase"); _; }
  function phase() public view virtual returns (Phase) {
    return block.timestamp < start ? Phase.Waiting : block.timestamp <= end ? Phase.Running : Phase.Over;
  }
  function extend(uint48 by) external only(Phase.Running) { end += by * 1 days; }
}`,
}
